// One trace from an MCP client's call through factory-mcp, REST and the commit into the event and the
// announcement, told to a collector over OTLP/HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const clientSpan = '00f067aa0ba902b7';

/** Takes whatever is POSTed; `wait` resolves with the first request of which `enough` is true. */
async function sink() {
  const requests = [];
  const waiting = new Set();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    requests.push({ url: request.url, headers: request.headers, body: JSON.parse(text) });
    response.end('{}');
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wait = (find) => new Promise((resolve) => {
    const look = () => {
      const found = find(requests);
      if (!found) return;
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
  });
  return { server, wait, url: `http://127.0.0.1:${server.address().port}` };
}

const attributes = (span) => Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** All spans of our trace so far, each with the service that told of it. */
function spansIn(requests) {
  return requests.flatMap(({ body }) => body.resourceSpans).flatMap((part) => {
    const service = attributes(part.resource)['service.name'];
    return part.scopeSpans.flatMap(({ spans }) => spans).map((span) => ({ service, ...span }));
  }).filter((span) => span.traceId === traceId);
}

let data;
let house;
let mcp;
let collector;
let receiver;

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'agent-factory-'));
  [collector, receiver] = [await sink(), await sink()];
  const env = { PATH: process.env.PATH, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  house = spawn(join(build, 'factory-api'),
    ['serve', '--data', data, '--listen', '127.0.0.1:0', '--announce-url', `${receiver.url}/announced`],
    { stdio: ['ignore', 'pipe', 'ignore'], env });
  await once(createInterface({ input: house.stdout }), 'line');
  mcp = spawn(join(build, 'factory-mcp'), ['--no-autostart'],
    { stdio: ['pipe', 'pipe', 'ignore'], env: { ...env, FACTORY_DATA: data } });
});

after(async () => {
  mcp.stdin.end();
  await once(mcp, 'exit');
  house.kill('SIGTERM');
  await once(house, 'exit');
  for (const { server } of [collector, receiver]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(data, { recursive: true, force: true });
});

test('a tool call is one trace down to the disk, in the trail and on the way out', { timeout: 60_000 }, async () => {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    traceparent: `00-${traceId}-${clientSpan}-01`,
  };
  const call = (id, name, args) => mcp.stdin.write(
    `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { _meta, name, arguments: args } })}\n`);
  const lines = createInterface({ input: mcp.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value).result.structuredContent;
  call('create', 'factory_create_pipeline', { name: 'traced', platform: 'none' });
  const { id } = await answer();
  for (const [stage, more] of [['scaffolding', {}], ['building', { assets: [{ name: 'README.md' }] }],
    ['testing', { tests: { passed: 1, failed: 0, coverage: 99 } }]]) {
    call(stage, 'factory_report_stage', { pipeline_id: id, stage, outcome: 'succeeded', ...more });
    await answer();
  }

  const spans = await collector.wait((requests) => {
    const all = spansIn(requests);
    return all.some(({ name }) => name === 'tools/call factory_create_pipeline')
      && all.some(({ name }) => name === 'POST /v1/pipelines') && all;
  });
  const tool = spans.find(({ name }) => name === 'tools/call factory_create_pipeline');
  assert.equal(tool.service, 'factory-mcp');
  assert.equal(tool.parentSpanId, clientSpan);
  assert.equal(attributes(tool)['jsonrpc.request.id'], '"create"');
  assert.equal(attributes(tool)['gen_ai.tool.name'], 'factory_create_pipeline');
  const served = spans.find(({ name }) => name === 'POST /v1/pipelines');
  assert.equal(served.service, 'factory-api');
  assert.equal(served.kind, 2);
  assert.equal(served.parentSpanId, tool.spanId);
  assert.equal(attributes(served)['http.response.status_code'], '201');
  assert.equal(attributes(served)['http.route'], '/v1/pipelines');
  const commit = spans.find(({ name, parentSpanId }) => name === 'commit' && parentSpanId === served.spanId);
  assert.ok(BigInt(commit.startTimeUnixNano) >= BigInt(served.startTimeUnixNano));
  assert.ok(BigInt(commit.endTimeUnixNano) <= BigInt(served.endTimeUnixNano));
  assert.ok(BigInt(commit.endTimeUnixNano) > BigInt(commit.startTimeUnixNano));

  const { url } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'));
  const key = readFileSync(join(data, 'owner.key'), 'utf8').trim();
  const trail = await fetch(`${url}/v1/audit?entity_type=pipeline&entity_id=${id}`,
    { headers: { Authorization: `Bearer ${key}` } });
  const { entries } = await trail.json();
  const created = entries.find(({ action }) => action === 'pipeline.created');
  assert.equal(created.metadata.traceparent, `00-${traceId}-${served.spanId}-01`);

  const announced = await receiver.wait((requests) => requests.find(({ body }) => body.type === 'approval.pending'
    || body.type === 'task.created'));
  assert.match(announced.headers.traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
});
