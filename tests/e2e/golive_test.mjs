// Go-live reports as people use them: curl lines through a shell, and an official MCP client.
// FACTORY_MCP and FACTORY_API name other programs than those of this build.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const factoryMcp = process.env.FACTORY_MCP ?? join(build, 'factory-mcp');
const factoryApi = process.env.FACTORY_API ?? join(build, 'factory-api');

let folder;
let server;
let url;
let id; // of the report that the lines are about
let client;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-factory-'));
  server = spawn(factoryApi, ['serve', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  url = JSON.parse(line).url;
  // The key, and where localhost:8080 is in this test: the lines themselves stay as they are.
  const key = readFileSync(join(folder, 'data', 'owner.key'), 'utf8').trim();
  writeFileSync(join(folder, '.curlrc'), [
    `header = "Authorization: Bearer ${key}"`,
    `connect-to = "localhost:8080:127.0.0.1:${new URL(url).port}"`,
    'silent', 'show-error', 'noproxy = "*"', 'write-out = "\\n%{http_code}"'].join('\n'));
});

after(async () => {
  await client.close();
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a line of shell; the status and the document that curl got. */
async function shell(line) {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line],
    { env: { PATH: process.env.PATH, CURL_HOME: folder, HOME: folder } });
  const at = stdout.lastIndexOf('\n');
  const body = stdout.slice(0, at);
  return { status: Number(stdout.slice(at + 1)), body, json: () => JSON.parse(body) };
}

// --- curl

test('with curl the server is alive', async () => {
  assert.equal((await shell('curl http://localhost:8080/healthz')).status, 200);
});

test('with curl a report is submitted', async () => {
  const answer = await shell(String.raw`curl -X POST http://localhost:8080/api/v1/reports \
  -H "Content-Type: application/json" \
  -d '{
    "server_name": "test-mcp-server",
    "repository_url": "https://github.com/test/test-mcp",
    "developer_email": "test@intility.no",
    "report_data": "# Test Report\n\nThis is a test."
  }'`);
  assert.equal(answer.status, 200);
  const report = answer.json();
  assert.equal(report.server_name, 'test-mcp-server');
  assert.equal(report.repository_url, 'https://github.com/test/test-mcp');
  assert.equal(report.developer_email, 'test@intility.no');
  assert.equal(report.report_data, '# Test Report\n\nThis is a test.');
  assert.equal(report.status, 'pending_review');
  assert.ok(!Number.isNaN(Date.parse(report.submitted_at)));
  for (const name of ['reviewed_at', 'reviewed_by', 'review_notes']) assert.equal(report[name], null);
  id = report.id;
});

test('with curl pending reports are listed as an array', async () => {
  const answer = await shell('curl http://localhost:8080/api/v1/reports?status=pending_review');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json().map((report) => report.id), [id]);
  assert.equal(answer.json()[0].report_data, '# Test Report\n\nThis is a test.');
});

test('with curl one report is read', async () => {
  const answer = await shell('curl http://localhost:8080/api/v1/reports/{id}'.replace('{id}', id));
  assert.equal(answer.status, 200);
  assert.equal(answer.json().id, id);
});

test('with curl a report is approved, with notes', async () => {
  const answer = await shell(String.raw`curl -X PATCH http://localhost:8080/api/v1/reports/{id}/status \
  -H "Content-Type: application/json" \
  -d '{
    "status": "approved",
    "reviewed_by": "platform@intility.no",
    "review_notes": "Looks good!"
  }'`.replace('{id}', id));
  assert.equal(answer.status, 200);
  const report = answer.json();
  assert.equal(report.status, 'approved');
  assert.equal(report.reviewed_by, 'platform@intility.no');
  assert.equal(report.review_notes, 'Looks good!');
  assert.equal(report.decided_by, 'owner');
  assert.ok(Date.parse(report.reviewed_at) >= Date.parse(report.submitted_at));
  assert.deepEqual((await shell('curl http://localhost:8080/api/v1/reports?status=pending_review')).json(), []);
});

test('the body is read as JSON whatever curl says that it is', async () => {
  const submitted = await shell(String.raw`curl http://localhost:8080/api/v1/reports -d '{"server_name": "form",
      "repository_url": "https://github.com/test/form", "developer_email": "a@b.c", "report_data": "# Form"}'`);
  assert.equal(submitted.status, 200);
  const answer = await shell(String.raw`curl -X PATCH http://localhost:8080/api/v1/reports/{id}/status \
    -d '{"status": "approved", "reviewed_by": "platform-team@intility.no"}'`
    .replace('{id}', submitted.json().id));
  assert.equal(answer.status, 200);
  assert.equal(answer.json().reviewed_by, 'platform-team@intility.no');
  assert.equal(answer.json().review_notes, null);
});

test('what is not there is 404, and without a key nothing is said', async () => {
  assert.equal((await shell('curl http://localhost:8080/api/v1/reports/report_1')).status, 404);
  assert.equal((await shell(`curl -X PATCH http://localhost:8080/api/v1/reports/report_1/status \
      -d '{"status": "rejected", "reviewed_by": "me"}'`)).status, 404);
  assert.equal((await fetch(`${url}/api/v1/reports`)).status, 401);
});

test('the page of a report lets nothing run', async () => {
  const answer = await shell(`curl -D - http://localhost:8080/api/v1/reports/${id}/html`);
  assert.equal(answer.status, 200);
  assert.match(answer.body, /content-type: text\/html; charset=utf-8/i);
  const policies = [...answer.body.matchAll(/^content-security-policy: (.*)\r$/gim)];
  assert.equal(policies.length, 1);
  assert.match(policies[0][1], /default-src 'none'; style-src 'unsafe-inline'/);
  assert.match(answer.body, /<h1>Test Report<\/h1>/);
});

// --- MCP

const call = async (name, args) => {
  const result = await client.callTool({ name, arguments: args });
  const text = result.content.map((block) => block.text).join('\n');
  return { ...result, text };
};

before(async () => {
  client = new Client({ name: 'agent-factory-tests', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StdioClientTransport({
    command: factoryMcp, args: ['--no-autostart', '--toolsets', 'golive'],
    env: { FACTORY_DATA: join(folder, 'data') }, stderr: 'ignore' }));
});

test('over MCP the toolset is small and says what it changes', async () => {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(),
    ['get_report', 'list_servers', 'review_report', 'submit_report']);
  const [submit] = tools.filter((tool) => tool.name === 'submit_report');
  assert.deepEqual(submit.inputSchema.required,
    ['server_name', 'repository_url', 'developer_email', 'report_markdown']);
  const [list] = tools.filter((tool) => tool.name === 'list_servers');
  assert.deepEqual(list.inputSchema.properties.status.enum,
    ['pending_review', 'approved', 'rejected', 'all']);
});

test('over MCP a report goes from the draft to its decision', async () => {
  const submitted = await call('submit_report', { server_name: 'mcp-servicenow',
    repository_url: 'https://github.com/intility/mcp-servicenow', developer_email: 'alex@intility.no',
    report_markdown: '# Go-live report: mcp-servicenow\n\n| a | b |\n|---|---|\n| c | d |\n' });
  assert.notEqual(submitted.isError, true, submitted.text);
  const { id, status, submitted_at } = submitted.structuredContent;
  assert.ok(submitted.text.startsWith(`✅ Report submitted successfully!\n\n**Report ID:** ${id}\n` +
    `**Status:** ${status}\n**Submitted at:** ${submitted_at}\n`), submitted.text);
  assert.equal(status, 'pending_review');

  const listed = await call('list_servers', { status: 'pending_review' });
  assert.ok(listed.text.startsWith('## MCP Servers (pending_review)\n\n' +
    '| Server Name | Repository | Status | Submitted |\n|-------------|------------|--------|----------|\n' +
    `| mcp-servicenow | https://github.com/intility/mcp-servicenow | pending_review | ${submitted_at} |\n`),
  listed.text);
  assert.ok(listed.text.includes(id));
  assert.equal(listed.structuredContent.servers[0].id, id);
  assert.equal((await call('list_servers', { status: 'rejected' })).text,
    'No servers found with status: rejected');
  const paged = await call('list_servers', { limit: 1 });
  assert.equal(paged.structuredContent.servers.length, 1);
  const next = await call('list_servers', { limit: 1, cursor: paged.structuredContent.next_cursor });
  assert.notEqual(next.structuredContent.servers[0].id, id);

  const read = await call('get_report', { report_id: id });
  assert.match(read.text, /# Go-live report: mcp-servicenow/);
  const review = (digest) => call('review_report', { report_id: id, status: 'approved', digest,
    reviewed_by: 'platform@intility.no', review_notes: 'Looks good!' });
  assert.equal((await review('of something else')).isError, true);
  const decided = await review(read.structuredContent.digest);
  assert.notEqual(decided.isError, true, decided.text);
  assert.equal(decided.structuredContent.status, 'approved');
  assert.equal(decided.structuredContent.reviewed_by, 'platform@intility.no');
});

test('over MCP the prompt guides through six phases and ends with the tool', async () => {
  const prompt = await client.getPrompt({ name: 'golive_review',
    arguments: { server_name: 'mcp-servicenow' } });
  const text = prompt.messages.map((message) => message.content.text).join('\n');
  for (const phase of ['Phase 1, purpose and owner', 'Phase 2, code and dependencies',
    'Phase 3, authentication and secrets', 'Phase 4, data and permissions',
    'Phase 5, deployment, monitoring, rollback', 'Phase 6, tests and sign-off']) {
    assert.ok(text.includes(phase), phase);
  }
  assert.match(text, /mcp-servicenow/);
  assert.match(text, /submit_report/);
  assert.doesNotMatch(text, /\{\{/);
});
