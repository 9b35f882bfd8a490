// What the demonstration works with: the real server in a throw-away folder, real keys, the
// official MCP clients over stdio, curl, and a transcript.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const binaries = process.env.AF_BINARY_DIR ?? 'build/release';
// The clients are dependencies of the tests; they are resolved from there.
const clients = createRequire(join(process.env.AF_SOURCE_DIR ?? '.', 'tests/e2e/package.json'));
const load = (name) => import(pathToFileURL(clients.resolve(name)).href);

export const factoryApi = join(binaries, 'factory-api');
export const factoryMcp = join(binaries, 'factory-mcp');

/** Starts the server on a free port in a new folder. */
export async function startHouse() {
  const data = mkdtempSync(join(tmpdir(), 'agent-factory-demo-'));
  const server = spawn(factoryApi, ['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FACTORY_LOG_LEVEL: 'warning' },
  });
  const exit = new Promise((resolve) => server.once('exit', resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface(server.stdout).once('line', (text) => resolve([text]))),
    exit.then(() => Promise.reject(new Error('the server did not start'))),
  ]);
  return {
    data,
    url: JSON.parse(line).url,
    admin: (...words) =>
      execFileSync(factoryApi, [...words, '--data', data], { encoding: 'utf8' }),
    async stop() {
      server.kill('SIGTERM');
      const code = await exit;
      rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}

/** A key for somebody, as `factory-api key create` makes it. */
export function keyFor(house, name, role, channel, ...groups) {
  const words = ['key', 'create', '--name', name, '--role', role, '--channel', channel];
  for (const group of groups) words.push('--group', group);
  return JSON.parse(house.admin(...words)).token;
}

/** Connects an official client to factory-mcp over stdio: era is "legacy" or "modern". */
export async function connect(house, era, token) {
  const sdk = era === 'legacy' ? '@modelcontextprotocol/sdk/client' : '@modelcontextprotocol/client';
  const { Client } = await load(era === 'legacy' ? `${sdk}/index.js` : sdk);
  const { StdioClientTransport } = await load(`${sdk}/stdio${era === 'legacy' ? '.js' : ''}`);
  const options = era === 'legacy' ? {} : { versionNegotiation: { mode: { pin: '2026-07-28' } } };
  const client = new Client({ name: `demo-${era}`, version: '1.0.0' }, options);
  await client.connect(
    new StdioClientTransport({
      command: factoryMcp,
      args: [],
      env: { FACTORY_URL: house.url, FACTORY_TOKEN: token },
    }),
  );
  return client;
}

/** Calls a tool and gives its structured result; an error result is thrown with its text. */
export async function callTool(client, name, args = {}) {
  const result = await client.callTool({ name, arguments: args });
  const text = result.content.map((block) => block.text ?? '').join('\n');
  if (result.isError) throw new Error(`${name}: ${text}`);
  return { text, doc: result.structuredContent };
}

/** Runs curl as a person would, and gives the answer's JSON. */
export function curl(house, token, method, path, body) {
  const words = ['-sS', '-X', method, '-H', `Authorization: Bearer ${token}`];
  if (body) words.push('-H', 'Content-Type: application/json', '-d', JSON.stringify(body));
  return JSON.parse(execFileSync('curl', [...words, `${house.url}${path}`], { encoding: 'utf8' }));
}

/** This project's own unit tests, run now, as the JUnit report that Catch2 writes. */
export function ownTestReport(house) {
  const file = join(house.data, 'report.xml');
  execFileSync(join(binaries, 'tests/test_common'), ['-r', 'junit', '-o', file], {
    stdio: 'ignore',
    env: { ...process.env, ...(process.env.AF_SOURCE_DIR && { PWD: process.env.AF_SOURCE_DIR }) },
    cwd: process.env.AF_SOURCE_DIR ?? '.',
  });
  return readFileSync(file, 'utf8');
}

const width = 11;
/** One line of the transcript: who does what. */
export function say(who, what) {
  console.log(`${who.padEnd(width)} ${what.replaceAll('\n', `\n${' '.repeat(width + 1)}`)}`);
}

export function heading(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 90 - text.length))}`);
}
