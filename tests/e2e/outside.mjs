// The world outside of the house, for tests of how people are told: certificates of an authority, a
// mail server on which one can listen in, and receivers shaped as those of Discord and Slack.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createPlug } from 'node:net';
import { simpleParser } from 'mailparser';
import forge from 'node-forge';
import { SMTPServer } from 'smtp-server';

/** What comes in, and whoever waits for it. */
export class Arrivals {
  all = [];
  #waiting = new Set();

  add(one) {
    this.all.push(one);
    for (const look of this.#waiting) look();
  }

  /** Resolves with the first of which `fits` is true, whether it came or comes. */
  first(fits = () => true) {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.all.find(fits);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves once so many are there. */
  async many(count) {
    await this.first(() => this.all.length >= count);
    return this.all;
  }
}

function certify({ subject, issuer, key, signer, extensions }) {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = key.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions(extensions);
  certificate.sign(signer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

/** An authority, and what it has certified for 127.0.0.1; all PEM. */
export function authority() {
  const [own, served] = [0, 1].map(() => forge.pki.rsa.generateKeyPair(2048));
  const name = 'An authority of tests';
  const ca = certify({ subject: name, issuer: name, key: own, signer: own,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, critical: true }] });
  const cert = certify({ subject: 'mail.test', issuer: name, key: served, signer: own,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }] });
  return { ca, cert, key: forge.pki.privateKeyToPem(served.privateKey) };
}

/** A real mail server, and in front of it a wire on which all that clients say is written down. */
export class MailHouse {
  mails = new Arrivals();
  said = [];       // what each connection's client sent, as it went over the wire
  refusals = [];   // codes with which the next recipients are refused

  async start({ login, ...options }) {
    this.smtp = new SMTPServer({
      ...options,
      authOptional: !login,
      // Nothing of the kind stands in the way of whoever offers it in clear: that is for the client to refuse.
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) => {
        const known = login && username === login.user && password === login.password;
        done(known ? null : new Error('not known'), known ? { user: username } : undefined);
      },
      onRcptTo: (_, __, done) => {
        const code = this.refusals.shift();
        done(code ? Object.assign(new Error('not now, not here'), { responseCode: code }) : null);
      },
      onData: (stream, session, done) => {
        simpleParser(stream).then((mail) => {
          const { envelope, secure, user } = session;
          this.mails.add({ mail, secure, user, to: envelope.rcptTo.map(({ address }) => address) });
          done();
        }, done);
      },
    });
    this.smtp.on('error', () => {});  // a client that hangs up in the middle of a handshake
    const inner = this.smtp.listen(0, '127.0.0.1');
    await once(inner, 'listening');
    this.wire = createPlug((client) => {
      const heard = [];
      this.said.push(heard);
      const server = connect(inner.address().port, '127.0.0.1');
      client.on('data', (chunk) => heard.push(chunk));
      client.pipe(server).pipe(client);
      for (const end of [client, server]) {
        end.on('error', () => {
          client.destroy();
          server.destroy();
        });
      }
    });
    this.wire.listen(0, '127.0.0.1');
    await once(this.wire, 'listening');
    this.port = this.wire.address().port;
    return this;
  }

  /** All that went over the wire, as one text of bytes. */
  overheard() {
    return Buffer.concat(this.said.flat()).toString('latin1');
  }

  async stop() {
    this.wire.close();
    await new Promise((resolve) => { this.smtp.close(resolve); });
  }
}

/** Takes POSTs; `answer` of the body gives what is said to each. */
export class Post {
  arrivals = new Arrivals();

  constructor(answer) {
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { status = 200, headers = {}, text = '' } = answer({ body, request });
      response.writeHead(status, headers);
      response.end(text);
      this.arrivals.add({ at: Date.now(), status, body, headers: request.headers, url: request.url });
    });
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const only = (object, names, where) => {
  for (const name of Object.keys(object)) assert.ok(names.includes(name), `${where} has ${name}`);
};

/** Lengths are of UTF-16 units: no way of counting that Discord might use gives more. */
const text = (value, most, where) => {
  assert.equal(typeof value, 'string', where);
  assert.ok(value.trim().length > 0, `${where} is empty`);
  assert.ok(value.length <= most, `${where} has ${value.length}`);
  return value.length;
};

const isAddress = (value, where) => assert.match(value, /^https?:\/\/\S+$/, where);

function checkEmbed(embed) {
  only(embed, ['title', 'type', 'description', 'url', 'timestamp', 'color', 'footer', 'image', 'thumbnail', 'author',
    'fields'], 'an embed');
  let size = 0;
  if ('title' in embed) size += text(embed.title, 256, 'title');
  if ('description' in embed) size += text(embed.description, 4096, 'description');
  if ('url' in embed) isAddress(embed.url, 'url');
  if ('timestamp' in embed) assert.ok(!Number.isNaN(Date.parse(embed.timestamp)), 'timestamp');
  if ('color' in embed) assert.ok(Number.isInteger(embed.color) && embed.color >= 0 && embed.color <= 0xffffff, 'color');
  if ('footer' in embed) size += text(embed.footer.text, 2048, 'footer');
  if ('author' in embed) size += text(embed.author.name, 256, 'author');
  const fields = embed.fields ?? [];
  assert.ok(fields.length <= 25, 'fields');
  for (const field of fields) {
    only(field, ['name', 'value', 'inline'], 'a field');
    size += text(field.name, 256, 'field.name') + text(field.value, 1024, 'field.value');
  }
  return size;
}

function checkButtons(rows) {
  assert.ok(rows.length <= 5, 'rows');
  for (const row of rows) {
    assert.equal(row.type, 1, 'a row');
    assert.ok(row.components.length >= 1 && row.components.length <= 5, 'buttons');
    for (const button of row.components) {
      // A webhook of nobody's application may send links alone.
      assert.equal(button.type, 2, 'a button');
      assert.equal(button.style, 5, 'a link');
      text(button.label, 80, 'label');
      isAddress(button.url, 'url of a button');
      assert.ok(button.url.length <= 512, 'url of a button');
      assert.equal(button.custom_id, undefined);
    }
  }
}

/** Throws unless Discord's documentation allows this as the body of "Execute Webhook". */
export function checkDiscord(body, headers) {
  assert.match(headers['content-type'], /^application\/json/);
  const payload = JSON.parse(body);
  only(payload, ['content', 'username', 'avatar_url', 'tts', 'embeds', 'allowed_mentions', 'components', 'flags',
    'thread_name', 'applied_tags', 'poll'], 'the payload');
  assert.ok(payload.content || payload.embeds?.length || payload.components?.length, 'an empty message');
  if ('content' in payload) text(payload.content, 2000, 'content');
  if ('username' in payload) {
    text(payload.username, 80, 'username');
    assert.doesNotMatch(payload.username, /discord|clyde|^everyone$|^here$/i);
  }
  const embeds = payload.embeds ?? [];
  assert.ok(embeds.length <= 10, 'embeds');
  assert.ok(embeds.reduce((sum, embed) => sum + checkEmbed(embed), 0) <= 6000, 'all embeds together');
  if (payload.components) checkButtons(payload.components);
  const allowed = payload.allowed_mentions;
  assert.ok(allowed, 'without allowed_mentions every name in a text would call somebody');
  only(allowed, ['parse', 'users', 'roles', 'replied_user'], 'allowed_mentions');
  for (const kind of allowed.parse ?? []) assert.ok(['roles', 'users', 'everyone'].includes(kind), kind);
  for (const kind of ['users', 'roles']) {
    const ids = allowed[kind] ?? [];
    assert.ok(ids.length <= 100, kind);
    for (const id of ids) assert.match(id, /^\d{1,20}$/);
    // Discord refuses a list beside the word that means all of its kind.
    if (ids.length) assert.ok(!(allowed.parse ?? []).includes(kind), kind);
  }
  return payload;
}

/** Discord as a webhook sees it: 400 for what is not allowed; `limits` rate limits are said first. */
export class Discord extends Post {
  wrong = [];

  constructor(limits = []) {
    const state = { wrong: [] };
    super(({ body, request }) => {
      try {
        checkDiscord(body, request.headers);
      } catch (error) {
        state.wrong.push(error);
        return { status: 400, headers: { 'Content-Type': 'application/json' },
          text: JSON.stringify({ message: 'Invalid Form Body', code: 50035, errors: {} }) };
      }
      const wait = limits.shift();
      const bucket = { 'X-RateLimit-Limit': '5', 'X-RateLimit-Bucket': 'abcd1234' };
      if (wait === undefined) return { status: 204, headers: { ...bucket, 'X-RateLimit-Remaining': '4' } };
      return {
        status: 429,
        headers: { ...bucket, 'Content-Type': 'application/json', 'Retry-After': String(Math.ceil(wait)),
          'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(Date.now() / 1000 + wait),
          'X-RateLimit-Reset-After': wait.toFixed(3), 'X-RateLimit-Scope': 'user' },
        text: JSON.stringify({ message: 'You are being rate limited.', retry_after: wait, global: false }),
      };
    });
    this.wrong = state.wrong;
  }
}

/** Slack's incoming webhook. */
export class Slack extends Post {
  constructor() {
    super(({ body, request }) => {
      let payload = null;
      try {
        payload = JSON.parse(body);
      } catch {
        // as the one there answers
      }
      const good = request.headers['content-type'].startsWith('application/json') && typeof payload?.text === 'string'
        && payload.text.length > 0 && payload.text.length <= 40_000;
      return good ? { text: 'ok' } : { status: 400, text: 'invalid_payload' };
    });
  }
}
