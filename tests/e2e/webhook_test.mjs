// A receiver built with the official package of Standard Webhooks takes what the real server sends:
// every signature verifies, also while a secret is rotated, and nothing else does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');

let data;
let house;
let url;
let key;
let receiver;
const deliveries = [];
const waiting = new Set();
let fails = 0;

/** Resolves with the first delivery of which `fits` is true. */
const wait = (fits) => new Promise((resolve) => {
  const look = () => {
    const found = deliveries.find(fits);
    if (!found) return;
    waiting.delete(look);
    resolve(found);
  };
  waiting.add(look);
  look();
});

async function call(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const document = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(document)}`);
  return document;
}

const verifies = (secret, { body, headers }) => {
  try {
    return new Webhook(secret).verify(body, headers);
  } catch {
    return null;
  }
};

const created = (name) => ({ body }) => {
  const { type, data: { event } } = JSON.parse(body);
  return type === 'group.created' && event.name === name;
};

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'agent-factory-'));
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    deliveries.push({ headers: request.headers, body });
    response.statusCode = fails > 0 ? 503 : 204;
    fails -= 1;
    response.end();
    for (const look of waiting) look();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  house = spawn(join(build, 'factory-api'),
    ['serve', '--data', data, '--listen', '127.0.0.1:0', '--webhook-allow-private', '127.0.0.0/8'],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env.PATH } });
  await once(createInterface({ input: house.stdout }), 'line');
  ({ url } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')));
  key = readFileSync(join(data, 'owner.key'), 'utf8').trim();
});

after(async () => {
  house.kill('SIGTERM');
  await once(house, 'exit');
  receiver.closeAllConnections();
  receiver.close();
  rmSync(data, { recursive: true, force: true });
});

test('every delivery verifies, also while a secret is rotated', { timeout: 60_000 }, async () => {
  const { port } = receiver.address();
  const hook = await call('POST', '/v1/webhooks', { url: `http://127.0.0.1:${port}/hook`, events: ['group.*'] });
  await call('POST', '/v1/groups', { name: 'first' });
  const first = await wait(created('first'));
  const event = verifies(hook.secret, first);
  assert.equal(event.specversion, '1.0');
  assert.equal(first.headers['content-type'], 'application/cloudevents+json; charset=utf-8');
  assert.equal(event.data.actor.id, 'owner');
  assert.equal(verifies(hook.secret, { ...first, body: first.body.replace('first', 'other') }), null);

  const rotated = await call('POST', `/v1/webhooks/${hook.id}/rotate`, { overlap_hours: 1 });
  assert.notEqual(rotated.secret, hook.secret);
  await call('POST', '/v1/groups', { name: 'during' });
  const during = await wait(created('during'));
  assert.ok(verifies(hook.secret, during), 'with the old secret');
  assert.ok(verifies(rotated.secret, during), 'with the new secret');

  const last = await call('POST', `/v1/webhooks/${hook.id}/rotate`, { overlap_hours: 0 });
  await call('POST', '/v1/groups', { name: 'after' });
  const afterwards = await wait(created('after'));
  assert.ok(verifies(last.secret, afterwards));
  assert.equal(verifies(rotated.secret, afterwards), null);
  assert.equal(verifies(hook.secret, afterwards), null);
});

test('a failed delivery comes again under its id and verifies anew', { timeout: 60_000 }, async () => {
  const own = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const { port } = receiver.address();
  const hook = await call('POST', '/v1/webhooks',
    { url: `http://127.0.0.1:${port}/own`, events: ['user.created'], secret: own });
  assert.equal(hook.secret, undefined);
  fails = 1;
  const { id } = await call('POST', `/v1/webhooks/${hook.id}/test`);
  const mine = ({ headers }) => headers['webhook-id'] === id;
  await wait(mine);
  // Sooner than the backoff would: by hand.
  const failed = await (async () => {
    for (;;) {
      const document = await call('GET', `/v1/webhooks/${hook.id}/deliveries/${id}`);
      if (document.attempt_log.length > 0) return document;
    }
  })();
  assert.equal(failed.attempt_log[0].status, 503);
  assert.equal(failed.attempt_log[0].request_headers['webhook-id'], id);
  await call('POST', `/v1/webhooks/${hook.id}/deliveries/${id}/replay`);
  await wait(() => deliveries.filter(mine).length > 1);
  for (const delivery of deliveries.filter(mine)) assert.equal(verifies(own, delivery).type, 'webhook.ping');
});
