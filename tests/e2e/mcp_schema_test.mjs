// Every message of the server satisfies the official schema of its revision: those of the core in
// the transcripts of tests/mcp, and those of the real process for the same lines.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Conversation, modern, revisions } from './mcp_spec.mjs';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const folder = mkdtempSync(join(tmpdir(), 'agent-factory-'));
after(() => rmSync(folder, { recursive: true }));

/** What the transcripts said, by their name: [{client: true|false, line}]. */
function recorded() {
  const file = join(folder, 'record');
  const run = spawnSync(join(build, 'tests/test_mcp'), ['[transcripts]'],
    { env: { ...process.env, AF_RECORD: file }, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stdout);
  const conversations = new Map();
  for (const entry of readFileSync(file, 'utf8').split('\n')) {
    if (entry === '') continue;
    const tab = entry.indexOf('\t');
    const name = entry.slice(0, tab);
    const client = entry[tab + 1] === '>';
    const lines = conversations.get(name) ?? [];
    lines.push({ client, line: entry.slice(tab + (client ? 2 : 1)) });
    conversations.set(name, lines);
  }
  return conversations;
}

const conversations = recorded();

test('the transcripts cover every revision', () => {
  const names = [...conversations.keys()].join(' ');
  for (const revision of revisions) {
    assert.match(names, new RegExp(revision === modern ? 'modern_tools' : `legacy_${revision}`));
  }
});

for (const [name, lines] of conversations) {
  test(`what the core sends in ${name} is as the schema says`, () => {
    const conversation = new Conversation();
    for (const { client, line } of lines) {
      if (client) conversation.sent(line);
      else assert.deepEqual(conversation.received(line), [], line);
    }
  });

  test(`what the process sends for the lines of ${name} is as the schema says`, async () => {
    const conversation = new Conversation({ ordered: false });
    const server = spawn(join(build, 'factory-mcp'), ['--no-autostart'],
      { env: { FACTORY_DATA: folder }, stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    server.stdout.setEncoding('utf8').on('data', (text) => { output += text; });
    for (const { line } of lines.filter(({ client }) => client)) {
      conversation.sent(line);
      server.stdin.write(`${line}\n`);
    }
    server.stdin.end();
    assert.equal(await new Promise((resolve) => server.on('close', resolve)), 0);
    assert.ok(output.endsWith('\n'));
    for (const line of output.trimEnd().split('\n')) {
      assert.deepEqual(conversation.received(line), [], line);
    }
  });
}

test('a message that is not as the schema says is found', () => {
  const conversation = new Conversation();
  conversation.sent('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}');
  conversation.sent('{"jsonrpc":"2.0","id":2,"method":"tools/list"}');
  assert.notDeepEqual(conversation.received('{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":1}]}}'), []);
  assert.notDeepEqual(conversation.received('{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}'), []);
  assert.notDeepEqual(conversation.received('{"jsonrpc":"2.0","id":"2","result":{"tools":[]}}'), []);
  assert.notDeepEqual(conversation.received('{"jsonrpc":"2.0","id":null,"result":{}}'), []);
});
