// The official clients of both eras against the real factory-mcp: with nobody behind it, and with a
// real factory-api. FACTORY_MCP and FACTORY_API name other programs than those of this build.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const factoryMcp = process.env.FACTORY_MCP ?? join(build, 'factory-mcp');
const factoryApi = process.env.FACTORY_API ?? join(build, 'factory-api');
const identity = { name: 'agent-factory-tests', version: '1.0.0' };

/** How each of the official clients is made. */
const clients = {
  'the legacy client': () => [new LegacyClient(identity), LegacyTransport],
  'the modern client, pinned': () =>
    [new ModernClient(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } }), ModernTransport],
  'the modern client, choosing': () =>
    [new ModernClient(identity, { versionNegotiation: { mode: 'auto' } }), ModernTransport],
  'the modern client, in the legacy era': () =>
    [new ModernClient(identity, { versionNegotiation: { mode: 'legacy' } }), ModernTransport],
};

async function connect(kind, data, args = []) {
  const [client, Transport] = clients[kind]();
  const transport = new Transport({
    command: factoryMcp,
    args: ['--no-autostart', ...args],
    env: { FACTORY_DATA: data },
    stderr: 'ignore',
  });
  await client.connect(transport);
  return client;
}

function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), 'agent-factory-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const text = (result) => result.content.map((block) => block.text).join('\n');

for (const kind of Object.keys(clients)) {
  test(`${kind} lists what there is, with nobody behind it`, async (t) => {
    const client = await connect(kind, temporary(t));
    t.after(() => client.close());
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    for (const name of ['factory_get_pending_tasks', 'factory_approve_task', 'factory_reject_task',
      'factory_get_pipeline_status', 'factory_advance_stage', 'factory_report_stage',
      'factory_assign_priority', 'factory_get_blockers', 'factory_search', 'factory_create_pipeline',
      'factory_add_comment', 'factory_get_comments', 'factory_start_task', 'factory_defer_task']) {
      assert.ok(names.includes(name), name);
    }
    assert.ok(tools.length < 25);
    for (const tool of tools) {
      assert.match(tool.name, /^[a-zA-Z0-9_-]{1,64}$/);
      assert.equal(typeof tool.annotations.readOnlyHint, 'boolean');
      assert.equal(tool.outputSchema.type, 'object');
    }
    const { resources } = await client.listResources();
    assert.deepEqual(resources.map(({ uri }) => uri).sort(),
      ['factory://config/templates', 'factory://dashboard/summary']);
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate).sort(),
      ['factory://pipelines/{pipeline_id}/comments', 'factory://pipelines/{pipeline_id}/state',
        'factory://pipelines/{pipeline_id}/test-results']);
    const { prompts } = await client.listPrompts();
    assert.deepEqual(prompts.map(({ name }) => name).sort(), ['golive_review', 'whats_needs_attention']);
  });

  test(`${kind} is told what is down and how to start it`, async (t) => {
    const client = await connect(kind, temporary(t));
    t.after(() => client.close());
    const result = await client.callTool({ name: 'factory_get_blockers', arguments: {} });
    assert.equal(result.isError, true);
    assert.match(text(result), /factory-api serve/);
    await assert.rejects(client.readResource({ uri: 'factory://dashboard/summary' }), /factory-api serve/);
    await assert.rejects(client.getPrompt({ name: 'whats_needs_attention' }), /factory-api serve/);
  });

  test(`${kind} sees only what changes nothing with --read-only`, async (t) => {
    const client = await connect(kind, temporary(t), ['--read-only']);
    t.after(() => client.close());
    const { tools } = await client.listTools();
    assert.ok(tools.length > 0);
    assert.ok(tools.every((tool) => tool.annotations.readOnlyHint));
  });
}

/** A factory-api of its own on a free port, ready when this comes back. */
async function startServer(data) {
  const server = spawn(factoryApi, ['serve', '--data', data, '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  assert.equal(JSON.parse(line).event, 'ready');
  return server;
}

/** From a name to the first decision, as an agent and a person would go. */
async function firstDecision(client, name) {
  const call = async (tool, args) => {
    const result = await client.callTool({ name: tool, arguments: args });
    assert.notEqual(result.isError, true, text(result));
    return result.structuredContent;
  };
  const pipeline = await call('factory_create_pipeline', { name, platform: 'go-high-level' });
  const pipeline_id = pipeline.id;
  const report = (stage, more) =>
    call('factory_report_stage', { pipeline_id, stage, outcome: 'succeeded', ...more });
  await report('scaffolding');
  await report('building', { assets: [{ name: 'README.md' }] });
  const reviewed = await report('testing', { tests: { passed: 10, failed: 0, coverage: 91.5 } });
  assert.equal(reviewed.current_stage, 'review');

  const { tasks } = await call('factory_get_pending_tasks', { pipeline_id });
  assert.equal(tasks.length, 1);
  const { blockers } = await call('factory_get_blockers', { pipeline_id });
  assert.equal(blockers[0].id, tasks[0].id);
  const stale = await client.callTool({ name: 'factory_approve_task',
    arguments: { task_id: tasks[0].id, digest: 'of something else' } });
  assert.equal(stale.isError, true);
  const task = { entity_type: 'task', entity_id: tasks[0].id };
  const said = await call('factory_add_comment', { ...task, text: 'Is the timeout tested, @nobody-here?' });
  assert.deepEqual(said.unknown_mentions, ['nobody-here']);
  const { comments } = await call('factory_get_comments', task);
  assert.deepEqual(comments.map(({ id }) => id), [said.id]);
  const pelican = await client.callTool({ name: 'factory_add_comment',
    arguments: { ...task, text: 'A pelican decides', decision: 'approve', digest: 'of something else' } });
  assert.equal(pelican.isError, true);
  assert.equal((await call('factory_get_comments', task)).comments.length, 1);
  const found = await call('factory_search', { query: 'pelican', entity_types: ['comment'] });
  assert.deepEqual(found.results, []);
  await call('factory_approve_task', { task_id: tasks[0].id, digest: tasks[0].approval.digest });
  const status = await call('factory_get_pipeline_status', { pipeline_id });
  assert.equal(status.pipelines[0].current_stage, 'staging');
}

async function readEverything(client) {
  for (const uri of ['factory://dashboard/summary', 'factory://config/templates']) {
    const { contents } = await client.readResource({ uri });
    assert.equal(contents[0].uri, uri);
    assert.equal(typeof JSON.parse(contents[0].text), 'object');
  }
  await assert.rejects(client.readResource({ uri: 'factory://pipelines/nope/state' }));
  for (const scope of ['all', 'my-tasks', 'critical-only']) {
    const { messages } = await client.getPrompt({ name: 'whats_needs_attention', arguments: { scope } });
    assert.equal(messages.length, 3);
    assert.match(messages[0].content.text, new RegExp(scope));
  }
  await assert.rejects(client.getPrompt({ name: 'whats_needs_attention', arguments: { scope: 'mine' } }));
}

/** All values in a JSON document that have no parts. */
function leaves(value) {
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(leaves) : [value];
}

describe('with a factory-api', () => {
  let data;
  let house;

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'agent-factory-'));
    house = await startServer(data);
  });
  after(async () => {
    house.kill('SIGTERM');
    const [code] = await once(house, 'exit');
    rmSync(data, { recursive: true, force: true });
    assert.equal(code, 0);
  });

  for (const kind of Object.keys(clients)) {
    test(`${kind} makes a pipeline, reports its work and decides`, async (t) => {
      const client = await connect(kind, data);
      t.after(() => client.close());
      await client.listTools(); // from here on the client checks every result against its schema
      await firstDecision(client, kind.replaceAll(/[^a-z]+/g, '-'));
    });

    test(`${kind} reads resources and the prompt`, async (t) => {
      const client = await connect(kind, data);
      t.after(() => client.close());
      await readEverything(client);
    });

    test(`${kind} is told which arguments are wrong`, async (t) => {
      const client = await connect(kind, data);
      t.after(() => client.close());
      const attempt = client.callTool({ name: 'factory_create_pipeline', arguments: { nam: 'x' } });
      assert.match(await attempt.then(text, (error) => error.message), /did you mean .?name/);
    });
  }

  test('a result has the same in its text and in its structure', async (t) => {
    const client = await connect('the modern client, pinned', data);
    t.after(() => client.close());
    const result = await client.callTool({ name: 'factory_get_pipeline_status', arguments: {} });
    for (const leaf of leaves(result.structuredContent)) {
      assert.ok(text(result).includes(String(leaf)), `${leaf} is not in the text`);
    }
  });
});
