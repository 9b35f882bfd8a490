// Logging in at a real OpenID Connect provider (the package oidc-provider), as a browser does it:
// the whole way, and what must not get through. FACTORY_API names another program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import Provider from 'oidc-provider';

const build = process.env.AF_BINARY_DIR ?? join(import.meta.dirname, '../../build/release');
const factoryApi = process.env.FACTORY_API ?? join(build, 'factory-api');
const secret = 'a secret, with spaces & more';
const console_ = 'https://console.example.com/in';

/** The provider's own key, by which a test can sign what the provider never would. */
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...keys.privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };

/** A signed token made anew of another one's claims. */
function forge(token, change, header = {}) {
  const [head, claims] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const message = `${encode({ ...head, ...header })}.${encode({ ...claims, ...change })}`;
  const signature = sign('sha256', Buffer.from(message), createPrivateKey({ key: jwk, format: 'jwk' }));
  return `${message}.${signature.toString('base64url')}`;
}

const people = {
  alice: { email: 'alice@corp.test', email_verified: true, groups: ['staff', 'sec'] },
  mallory: { email: 'mallory@evil.test', email_verified: true, groups: ['staff'] },
  stranger: { email: 'stranger@corp.test', email_verified: true, groups: [] },
  newcomer: { email: 'newcomer@corp.test', email_verified: true, groups: [] },
};

/** The provider on a free port; `tamper`, if a test sets it, rewrites the answers of its token endpoint. */
class House {
  tamper = null;

  async start() {
    this.server = createServer((request, response) => {
      if (this.tamper && request.url.startsWith('/token')) return this.#tampered(request, response);
      return this.handle(request, response);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.issuer = `http://127.0.0.1:${this.server.address().port}`;
  }

  register(redirect_uris) {
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: 'factory', client_secret: secret, redirect_uris }],
      jwks: { keys: [jwk] },
      cookies: { keys: [randomUUID()] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'groups'] },
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: `${id} of Corp`, preferred_username: id, ...people[id] }),
      }),
      pkce: { required: () => true },
    });
    this.handle = provider.callback();
  }

  /** The real answer with its token changed. */
  #tampered(request, response) {
    const chunks = [];
    const end = response.end.bind(response);
    response.write = (chunk) => chunks.push(Buffer.from(chunk));
    response.end = (chunk) => {
      if (chunk) chunks.push(Buffer.from(chunk));
      const answer = JSON.parse(Buffer.concat(chunks));
      if (answer.id_token) answer.id_token = this.tamper(answer.id_token);
      const text = JSON.stringify(answer);
      response.setHeader('content-length', Buffer.byteLength(text));
      return end(text);
    };
    return this.handle(request, response);
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** What of a browser matters here: cookies by origin, and redirections one at a time. */
class Browser {
  #cookies = new Map();

  async go(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map();
    this.#cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { ...options.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value.join('='));
    }
    return response;
  }

  /** Follows redirections until one leads to a place that begins with `stop`, or to a page. */
  async follow(url, stop) {
    for (let hops = 0; hops < 20; ++hops) {
      if (url.startsWith(stop)) return { url };
      const page = await this.go(url);
      if (page.status < 300 || page.status > 399) return { url, page };
      url = new URL(page.headers.get('location'), url).href;
    }
    throw new Error('too many redirections');
  }

  /** Logs in and agrees at the provider; gives the address that it sends the browser back to. */
  async logIn(authorize, login, back) {
    let at = await this.follow(authorize, back);
    for (const form of [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]) {
      if (!at.page) return at.url;
      const answer = await this.go(at.url, { method: 'POST', body: new URLSearchParams(form) });
      at = await this.follow(new URL(answer.headers.get('location'), at.url).href, back);
    }
    assert.ok(at.url.startsWith(back), at.url);
    return at.url;
  }
}

async function startFactory(data, house) {
  mkdirSync(data, { mode: 0o700 });
  const provider = { issuer: house.issuer, client_id: 'factory', client_secret: secret };
  const rights = { roles: { staff: 'operator' }, groups: { sec: 'security' }, allowed_domains: ['corp.test'] };
  const config = {
    after_login: [console_],
    providers: [
      { name: 'corp', title: 'Corp', ...provider, ...rights, sign_up: true },
      { name: 'closed', ...provider, sign_up: false },
      { name: 'down', ...provider, issuer: 'http://127.0.0.1:1' },
    ],
  };
  const file = join(data, 'providers.json');
  writeFileSync(file, JSON.stringify(config));
  chmodSync(file, 0o600);
  const child = spawn(factoryApi, ['serve', '--listen', '127.0.0.1:0', '--data', data, '--rate-limit-login', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, FACTORY_LOG_LEVEL: 'error' },
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: JSON.parse(line).url };
}

const folder = mkdtempSync(join(tmpdir(), 'agent-factory-'));
const house = new House();
let factory;
let back;

before(async () => {
  await house.start();
  factory = await startFactory(join(folder, 'data'), house);
  back = `${factory.url}/v1/auth/corp/callback`;
  house.register([back, back.replace('corp', 'closed')]);
});
after(async () => {
  const gone = once(factory.child, 'exit');
  factory.child.kill('SIGTERM');
  await gone;
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  house.tamper = null;
});

/** The address at the provider, and what the browser was given. */
async function begin(browser, query = '', name = 'corp') {
  const started = await browser.go(`${factory.url}/v1/auth/${name}/start${query}`);
  assert.equal(started.status, 302);
  return started;
}

async function cameBack(login, browser = new Browser(), query = '') {
  const started = await begin(browser, query);
  return { browser, url: await browser.logIn(started.headers.get('location'), login, back) };
}

async function refused(response, status, words) {
  const problem = await response.json();
  assert.equal(response.status, status, JSON.stringify(problem));
  assert.match(problem.detail, words);
  assert.doesNotMatch(JSON.stringify(problem), /eyJ|secret/);
  return problem;
}

test('the providers are listed for whoever wants to log in', async () => {
  const { providers } = await (await fetch(`${factory.url}/v1/auth/providers`)).json();
  assert.deepEqual(providers[0], {
    name: 'corp', title: 'Corp', kind: 'oidc', start_url: `${factory.url}/v1/auth/corp/start`,
  });
  assert.doesNotMatch(JSON.stringify(providers), /client|secret/);
});

test('the browser is sent out with state, nonce and challenge, and a cookie of its own', async () => {
  const started = await begin(new Browser());
  const asked = new URL(started.headers.get('location')).searchParams;
  assert.equal(asked.get('code_challenge_method'), 'S256');
  for (const name of ['state', 'nonce', 'code_challenge']) assert.match(asked.get(name), /^[\w-]{43}$/);
  assert.match(started.headers.get('set-cookie'), /HttpOnly; SameSite=Lax; Max-Age=600/);
});

test('the whole way ends with tokens that open the API', async () => {
  const { browser, url } = await cameBack('alice');
  const done = await browser.go(url);
  const tokens = await done.json();
  assert.equal(done.status, 200, JSON.stringify(tokens));
  assert.equal(done.headers.get('cache-control'), 'no-store');
  const authorization = `Bearer ${tokens.access_token}`;
  const who = await (await fetch(`${factory.url}/v1/whoami`, { headers: { authorization } })).json();
  assert.equal(who.id, 'alice');
  assert.equal(who.role, 'operator');
  assert.deepEqual(who.groups, ['security']);
  // A second time it is the same person, also from another browser.
  const again = await cameBack('alice');
  assert.equal((await again.browser.go(again.url)).status, 200);
});

test('a code and its state work once', async () => {
  const { browser, url } = await cameBack('alice');
  assert.equal((await browser.go(url)).status, 200);
  await refused(await browser.go(url), 401, /used already/);
  // The code alone, in a login of one's own, is refused by the provider.
  const other = new Browser();
  const state = new URL((await begin(other)).headers.get('location')).searchParams.get('state');
  const code = new URL(url).searchParams.get('code');
  await refused(await other.go(`${back}?code=${code}&state=${state}`), 401, /does not take its code/);
});

test('a state that is wrong, or of another browser, is refused', async () => {
  const { browser, url } = await cameBack('alice');
  const wrong = new URL(url);
  wrong.searchParams.set('state', 'x'.repeat(43));
  await refused(await browser.go(wrong.href), 401, /not known/);
  await refused(await new Browser().go(url), 401, /another browser/);
  await refused(await browser.go(url), 401, /not known/);
});

test('a token with a tampered nonce, a foreign audience or a wrong signature is refused', async () => {
  const tamperings = [
    [(token) => forge(token, { nonce: 'n'.repeat(43) }), /nonce/],
    [(token) => forge(token, { aud: 'another' }), /aud/],
    [(token) => forge(token, { iss: 'https://id.example' }), /iss/],
    [(token) => forge(token, { exp: Math.floor(Date.now() / 1000) - 120 }), /exp/],
    [(token) => forge(token, {}, { alg: 'none' }), /algorithm/],
    [(token) => forge(token, {}, { alg: 'HS256' }), /algorithm/],
    [(token) => `${token.split('.').slice(0, 2).join('.')}.AAAA`, /signature/],
    [(token) => forge(token, {}, { kid: 'two' }), /key that the provider does not publish/],
  ];
  for (const [tamper, words] of tamperings) {
    const { browser, url } = await cameBack('alice');
    house.tamper = tamper;
    await refused(await browser.go(url), 401, words);
    house.tamper = null;
  }
  // The forging itself is sound: unchanged claims get through.
  const { browser, url } = await cameBack('alice');
  house.tamper = (token) => forge(token, {});
  assert.equal((await browser.go(url)).status, 200);
});

test('an answer of another provider is refused', async () => {
  const { browser, url } = await cameBack('alice');
  const other = new URL(url);
  assert.equal(other.searchParams.get('iss'), house.issuer);
  other.searchParams.set('iss', 'https://id.example');
  await refused(await browser.go(other.href), 401, /another provider/);
});

test('whoever may not come is kept out', async () => {
  const { browser, url } = await cameBack('mallory');
  await refused(await browser.go(url), 403, /evil\.test/);
});

test('where sign-up is off, only who is known gets in', async () => {
  for (const [login, status] of [['stranger', 403], ['alice', 200]]) {
    const browser = new Browser();
    const started = await begin(browser, '', 'closed');
    const closed = back.replace('corp', 'closed');
    const url = await browser.logIn(started.headers.get('location'), login, closed);
    const done = await browser.go(url);
    assert.equal(done.status, status, await done.text());
  }
});

test('a provider that is down is told as such, and another one is not found', async () => {
  await refused(await fetch(`${factory.url}/v1/auth/down/start`), 503, /cannot be used right now/);
  await refused(await fetch(`${factory.url}/v1/auth/nobody/start`), 404, /no identity provider/);
  const path = '/v1/auth/corp/start?after_login=https://evil.test/';
  await refused(await fetch(factory.url + path), 400, /after_login/);
});

test('a login that is denied there is told here', async () => {
  const browser = new Browser();
  const state = new URL((await begin(browser)).headers.get('location')).searchParams.get('state');
  await refused(await browser.go(`${back}?error=access_denied&state=${state}`), 401, /not allowed there/);
});

test('a page of the list gets the tokens behind #', async () => {
  const query = `?after_login=${encodeURIComponent(console_)}`;
  const { browser, url } = await cameBack('newcomer', new Browser(), query);
  const done = await browser.go(url);
  assert.equal(done.status, 302);
  const location = new URL(done.headers.get('location'));
  assert.equal(location.origin + location.pathname, console_);
  assert.equal(location.search, '');
  const authorization = `Bearer ${new URLSearchParams(location.hash.slice(1)).get('access_token')}`;
  const who = await (await fetch(`${factory.url}/v1/whoami`, { headers: { authorization } })).json();
  assert.equal(who.id, 'newcomer');
  assert.equal(who.role, 'viewer');
});
