// The description of the API as its readers see it: a linter finds nothing, a client generated from
// it compiles and drives a real server. FACTORY_API names another program than that of this build.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const here = import.meta.dirname;
const build = process.env.AF_BINARY_DIR ?? join(here, '../../build/release');
const factoryApi = process.env.FACTORY_API ?? join(build, 'factory-api');
const run = promisify(execFile);

/** A program of an npm package: what it printed, or an error that says it. */
async function tool(script, args, env = {}) {
  try {
    const options = { cwd: work, env: { PATH: process.env.PATH, HOME: work, ...env }, maxBuffer: 64 << 20 };
    return (await run(process.execPath, [join(here, 'node_modules', script), ...args], options)).stdout;
  } catch (error) {
    throw new Error(`${script} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`);
  }
}

let work;
let server;
let url;

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'agent-factory-'));
  mkdirSync(join(work, 'data'));
  server = spawn(factoryApi, ['serve', '--data', join(work, 'data'), '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  url = JSON.parse(line).url;
  const answer = await fetch(`${url}/openapi.json`);
  assert.equal(answer.status, 200);
  writeFileSync(join(work, 'openapi.json'), await answer.text());
  symlinkSync(join(here, 'node_modules'), join(work, 'node_modules'));
  copyFileSync(join(here, 'redocly.yaml'), join(work, 'redocly.yaml'));
  writeFileSync(join(work, 'package.json'), '{"type": "module"}');
});

after(async () => {
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');
  rmSync(work, { recursive: true, force: true });
  assert.equal(code, 0);
});

test('a linter finds nothing', async () => {
  const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const report = await tool('@redocly/cli/bin/cli.js',
    ['lint', 'openapi.json', '--config', 'redocly.yaml', '--format', 'json'], quiet);
  const { totals, problems } = JSON.parse(report.slice(report.indexOf('{')));
  const told = problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location?.[0]?.pointer}`);
  assert.deepEqual(told, []);
  assert.deepEqual([totals.errors, totals.warnings], [0, 0]);
});

test('a generated client compiles, and knows names and errors', async () => {
  await tool('openapi-typescript/bin/cli.js',
    ['openapi.json', '--output', 'schema.d.ts', '--default-non-nullable', 'false']);
  copyFileSync(join(here, 'client.ts'), join(work, 'client.ts'));
  await tool('typescript/bin/tsc', ['client.ts', '--strict', '--target', 'es2022', '--module', 'nodenext',
    '--moduleResolution', 'nodenext', '--skipLibCheck']);
});

test('the generated client drives the server', async () => {
  const { play } = await import(join(work, 'client.js'));
  const key = readFileSync(join(work, 'data', 'owner.key'), 'utf8').trim();
  const seen = await play(url, key);
  assert.equal(seen.created, 'scaffolding');
  assert.ok(seen.listed.includes(seen.pipeline));
  assert.equal(seen.decided, 'approved');
  assert.deepEqual(seen.again, { status: 409, code: 'already_decided' });
  assert.deepEqual(seen.unknown, { status: 404, code: 'not_found' });
  assert.deepEqual(seen.stranger, { status: 401, code: 'unauthenticated' });
});

test('the page that shows it comes from this server alone', async () => {
  const page = await fetch(`${url}/docs`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /^text\/html/);
  const policy = page.headers.get('content-security-policy');
  assert.match(policy, /script-src 'self';/);
  assert.doesNotMatch(policy, /https?:|unsafe-eval/);
  const html = await page.text();
  assert.doesNotMatch(html, /(src|href|url)="?(https?:)?\/\//);
  for (const [, path] of html.matchAll(/(?:src|spec-url)="([^"]+)"/g)) {
    const part = await fetch(url + path);
    assert.equal(part.status, 200, path);
    assert.match(part.headers.get('content-type'), path.endsWith('.js') ? /^text\/javascript/ : /^application\/json/);
    assert.equal(part.headers.get('x-content-type-options'), 'nosniff');
    await part.arrayBuffer();
  }
});

test('the viewer in the tree is that of its package', async () => {
  const [vendored, packed] = ['../../third_party/openapi-explorer/', 'node_modules/openapi-explorer/dist/browser/']
    .map((folder) => readFileSync(join(here, folder, 'openapi-explorer.min.js')));
  assert.ok(vendored.equals(packed));
  const served = await fetch(`${url}/docs/viewer.js`);
  assert.ok(vendored.equals(Buffer.from(await served.arrayBuffer())));
});
