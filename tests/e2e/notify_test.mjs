// People are told through a real mail server and through receivers shaped as Discord, Slack and
// Standard Webhooks: what arrives, how often, over which wire, and what becomes of what is refused.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { authority, Discord, MailHouse, Post, Slack } from './outside.mjs';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const login = { user: 'factory', password: 'hunter2-not-for-the-wire' };
const timeout = 60_000;

let certificates;
before(() => {
  certificates = authority();
});

/** The real server with these channels; all of them are used as soon as a pipeline waits for its review. */
class Factory {
  async start(channels) {
    this.data = mkdtempSync(join(tmpdir(), 'agent-factory-'));
    mkdirSync(join(this.data, 'templates'));
    const told = ['in_app', 'discord', 'slack', 'webhook', 'email'];
    writeFileSync(join(this.data, 'templates', 'told.json'), JSON.stringify({
      name: 'told', version: '1.0.0', title: 'Told', description: 'One decision, told of at once.',
      ladder: [{ name: 'created', minutes: 0, channels: told }],
      stages: [
        { name: 'review', title: 'Review', gate: { type: 'code_review', title: 'Good?', opens: 'entry', reject_to: 'review' } },
        { name: 'done', title: 'Done' },
      ],
    }));
    this.write('ca.pem', certificates.ca);
    this.write('channels.json', JSON.stringify(channels(this)));
    this.child = spawn(join(build, 'factory-api'),
      ['serve', '--data', this.data, '--listen', '127.0.0.1:0', '--rate-limit', '0'],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
    this.log = '';
    this.child.stderr.on('data', (chunk) => { this.log += chunk; });
    await once(createInterface({ input: this.child.stdout }), 'line');
    this.url = JSON.parse(readFileSync(join(this.data, 'server.json'), 'utf8')).url;
    this.key = readFileSync(join(this.data, 'owner.key'), 'utf8').trim();
    await this.call('PUT', '/v1/notifications/preferences', { email: 'owner@corp.test', discord: '80351110224678912' });
    return this;
  }

  file(name) {
    return join(this.data, name);
  }

  write(name, text) {
    writeFileSync(this.file(name), text, { mode: 0o600 });
  }

  async call(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.key}`, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const document = await answer.json();
    assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(document)}`);
    return document;
  }

  /** A pipeline that waits for a decision from its beginning on. */
  waiting(name, description = '') {
    return this.call('POST', '/v1/pipelines', { name, template: 'told', platform: 'tests', description });
  }

  /** What is to be done outside, once `enough` says so of it. */
  async effects(status, enough = (list) => list.length > 0) {
    for (;;) {
      const { effects } = await this.call('GET', `/v1/effects?status=${status}`);
      if (enough(effects)) return effects;
    }
  }

  async stop() {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** A mail server of `options` and a factory that uses it as `settings` say. */
async function withMail(t, options, settings = () => ({})) {
  const house = await new MailHouse().start({ login, ...options });
  t.after(() => house.stop());
  const factory = await new Factory().start((made) => ({
    email: { host: '127.0.0.1', port: house.port, ...login, from: 'factory@corp.test', from_name: 'Factory', ...settings(made) },
  }));
  t.after(() => factory.stop());
  return { house, factory };
}

const trusting = (security) => (made) => ({ security, ca_file: made.file('ca.pem') });
const inClear = { disabledCommands: ['STARTTLS'] };

test('mail arrives through a server that wants a login', { timeout }, async (t) => {
  const { house, factory } = await withMail(t, inClear, () => ({ security: 'none' }));
  const { id } = await factory.waiting('mail-server');
  const { mail, user, to } = await house.mails.first();
  assert.equal(user, login.user);
  assert.deepEqual(to, ['owner@corp.test']);
  assert.equal(mail.from.text, '"Factory" <factory@corp.test>');
  assert.match(mail.subject, /mail-server/);
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  const [told] = (await factory.call('GET', '/v1/notifications')).notifications;
  assert.match(mail.text, new RegExp(`${factory.url}${told.action_url}`));
  assert.equal(told.pipeline_id, id);
  const [done] = await factory.effects('done');
  assert.equal(mail.messageId, `<${done.id}@corp.test>`);
  assert.equal(house.mails.all.length, 1);
});

test('with STARTTLS nothing but the wish for it goes over the wire in clear', { timeout }, async (t) => {
  const { house, factory } = await withMail(t, certificates, trusting('starttls'));
  await factory.waiting('kept-secret');
  const { mail, secure, user } = await house.mails.first();
  assert.ok(secure);
  assert.equal(user, login.user);
  assert.match(mail.subject, /kept-secret/);
  assert.match(house.overheard(), /^EHLO [^\r\n]*\r\nSTARTTLS\r\n\x16\x03/);
  assert.doesNotMatch(house.overheard(), /AUTH|MAIL|kept-secret/);
});

test('implicit TLS is encrypted from the first byte', { timeout }, async (t) => {
  const { house, factory } = await withMail(t, { ...certificates, secure: true }, trusting('tls'));
  await factory.waiting('kept-secret');
  const { secure } = await house.mails.first();
  assert.ok(secure);
  assert.match(house.overheard(), /^\x16\x03/);
});

test('a server whose certificate nobody vouches for is told nothing', { timeout }, async (t) => {
  for (const [security, secure] of [['starttls', false], ['tls', true]]) {
    // Trusted are the system's authorities alone.
    const { house, factory } = await withMail(t, { ...certificates, secure }, () => ({ security }));
    await factory.waiting('kept-secret');
    const [waits] = await factory.effects('pending', ([first]) => first?.attempts > 0 && first.error);
    assert.match(waits.error, /certificate that is not trusted/);
    assert.deepEqual(house.mails.all, []);
    assert.doesNotMatch(house.overheard(), /AUTH|MAIL|RCPT|kept-secret/);
    assert.ok(!house.overheard().includes(Buffer.from(`\0${login.user}\0${login.password}`).toString('base64')));
  }
});

test('what is refused for now comes later, once', { timeout }, async (t) => {
  const { house, factory } = await withMail(t, inClear, () => ({ security: 'none' }));
  house.refusals.push(451);
  await factory.waiting('patient');
  const { mail } = await house.mails.first();
  const [done] = await factory.effects('done');
  assert.equal(done.attempts, 2);
  assert.equal(mail.messageId, `<${done.id}@corp.test>`);
  assert.equal(house.mails.all.length, 1);
});

test('what is refused for good is a dead letter, which can be sent again', { timeout }, async (t) => {
  const { house, factory } = await withMail(t, inClear, () => ({ security: 'none' }));
  house.refusals.push(550);
  await factory.waiting('unwanted');
  const [dead] = await factory.effects('dead');
  assert.equal(dead.kind, 'notify.email');
  assert.equal(dead.attempts, 1);
  assert.match(dead.error, /550/);
  assert.doesNotMatch(JSON.stringify(dead) + factory.log, /owner@corp|hunter2/);
  assert.deepEqual(house.mails.all, []);
  await factory.call('POST', `/v1/effects/${dead.id}/replay`);
  const { mail } = await house.mails.first();
  assert.equal(mail.messageId, `<${dead.id}@corp.test>`);
  await factory.effects('dead', (list) => list.length === 0);
});

test('letters of others arrive as they are, and no name becomes a header field', { timeout }, async (t) => {
  const hostile = 'x"\r\nBcc: eve@evil.test\r\nX-Evil: yes\r\n\r\n<b>body</b>';
  const { house, factory } = await withMail(t, inClear,
    () => ({ security: 'none', from_name: `Fabrik „Süd“ \\" ${hostile}` }));
  await assert.rejects(factory.waiting(hostile), /\/name: may not hold control characters/);
  const name = 'Übergabe 審査 🧪 =?utf-8?Q?no?= ﷽\u2028Bcc: <eve@evil.test>, "x';
  const body = `Ärger\r\n.\r\nQUIT\r\n${'ж'.repeat(90)}\n=3D é̂ 🏗\r\n\r\nBcc: eve@evil.test`;
  await factory.waiting(name, body);
  const { mail, to } = await house.mails.first();
  assert.ok(mail.subject.includes(name), mail.subject);
  assert.ok(mail.text.replaceAll('\r\n', '\n').includes(body.replaceAll('\r\n', '\n')), mail.text);
  assert.deepEqual(to, ['owner@corp.test']);
  assert.deepEqual(mail.to.value.map(({ address }) => address), ['owner@corp.test']);
  assert.deepEqual(mail.from.value.map(({ address }) => address), ['factory@corp.test']);
  assert.match(mail.from.value[0].name, /Fabrik „Süd“/);
  assert.deepEqual([...mail.headers.keys()].sort(), ['auto-submitted', 'content-transfer-encoding', 'content-type',
    'date', 'from', 'message-id', 'mime-version', 'subject', 'to']);
  assert.equal(mail.html, false);
  assert.equal(house.mails.all.length, 1);
});

test('what goes to Discord keeps to its limits and waits as it asks', { timeout }, async (t) => {
  const wait = 1.2;
  const discord = await new Discord([wait]).start();
  t.after(() => discord.stop());
  const factory = await new Factory().start(() => ({
    discord: { url: `${discord.url}/api/webhooks/1/a-secret`, username: 'Factory' }, digest: { above: 100 },
  }));
  t.after(() => factory.stop());
  await factory.waiting('mail-server', 'It sends mail. @everyone');
  const [limited, told] = await discord.arrivals.many(2);
  assert.equal(limited.status, 429);
  assert.equal(told.status, 204);
  assert.ok(told.at - limited.at >= wait * 1000, `after ${told.at - limited.at} ms`);
  assert.equal(told.body, limited.body);
  assert.equal(told.url, '/api/webhooks/1/a-secret');
  const payload = JSON.parse(told.body);
  assert.match(payload.embeds[0].title, /mail-server/);
  assert.ok(payload.embeds[0].url.startsWith(factory.url), payload.embeds[0].url);
  assert.deepEqual(payload.allowed_mentions.parse, []);
  assert.deepEqual(payload.allowed_mentions.users, ['80351110224678912']);
  await factory.effects('done');

  // As much as anybody can put into a pipeline.
  await factory.waiting('🧪'.repeat(255), '審'.repeat(5000));
  await factory.waiting('@everyone <@1> '.repeat(17), '# `x` \n'.repeat(700));
  await discord.arrivals.many(4);
  assert.deepEqual(discord.wrong, []);
  await factory.effects('done', (list) => list.length === 3);
  assert.equal(discord.arrivals.all.length, 4);
  assert.doesNotMatch(factory.log, /a-secret/);
});

test('Slack and a signed webhook are told the same, each in its own shape', { timeout }, async (t) => {
  const slack = await new Slack().start();
  const hook = await new Post(() => ({ status: 204 })).start();
  for (const receiver of [slack, hook]) t.after(() => receiver.stop());
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const factory = await new Factory().start((made) => {
    made.write('hook.secret', `${secret}\n`);
    return {
      slack: { url: `${slack.url}/services/T0/B0/x` },
      webhook: { url: `${hook.url}/told`, secret: { file: made.file('hook.secret') } },
    };
  });
  t.after(() => factory.stop());
  const { id } = await factory.waiting('a <!channel> & co', 'It *sends* mail.');
  const { status, body } = await slack.arrivals.first();
  assert.equal(status, 200);
  const { text } = JSON.parse(body);
  assert.match(text, /a &lt;!channel&gt; &amp; co/);
  assert.doesNotMatch(text, /<!channel>/);
  assert.ok(text.includes(`<${factory.url}/v1/tasks/`), text);
  const signed = await hook.arrivals.first();
  const event = new Webhook(secret).verify(signed.body, signed.headers);
  assert.equal(event.type, 'task.reminded');
  assert.equal(event.data.subject.pipeline_id, id);
  assert.throws(() => new Webhook(secret).verify(signed.body.replace('sends', 'reads'), signed.headers));
  await factory.effects('done', (list) => list.length === 2);
});
