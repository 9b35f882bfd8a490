// The official schemas of all revisions, and which of their definitions a message must satisfy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const root = process.env.AF_SOURCE_DIR ?? join(import.meta.dirname, '../..');
const metaKey = 'io.modelcontextprotocol/protocolVersion';

export const modern = '2026-07-28';
export const revisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', modern];

/** The result that each method gives. */
const results = {
  'initialize': 'InitializeResult',
  'ping': 'EmptyResult',
  'logging/setLevel': 'EmptyResult',
  'server/discover': 'DiscoverResult',
  'tools/list': 'ListToolsResult',
  'tools/call': 'CallToolResult',
  'resources/list': 'ListResourcesResult',
  'resources/templates/list': 'ListResourceTemplatesResult',
  'resources/read': 'ReadResourceResult',
  'prompts/list': 'ListPromptsResult',
  'prompts/get': 'GetPromptResult',
};
const errors = {
  [-32700]: 'ParseError',
  [-32600]: 'InvalidRequestError',
  [-32601]: 'MethodNotFoundError',
  [-32602]: 'InvalidParamsError',
  [-32603]: 'InternalError',
};

function load(revision) {
  const schema = JSON.parse(readFileSync(join(root, `tests/mcp/spec/${revision}.json`), 'utf8'));
  const draft7 = schema.$schema.includes('draft-07');
  const ajv = addFormats(new (draft7 ? Ajv : Ajv2020)({ strict: false, allErrors: true }));
  ajv.addFormat('uri-template', true).addFormat('byte', true);
  ajv.addSchema(schema, revision);
  return { ajv, key: draft7 ? 'definitions' : '$defs', names: schema[draft7 ? 'definitions' : '$defs'] };
}

const loaded = Object.fromEntries(revisions.map((revision) => [revision, load(revision)]));

/** What is wrong with the value as this definition of this revision; empty if nothing is. */
function faults(revision, definition, value) {
  const { ajv, key, names } = loaded[revision];
  if (!names[definition]) return [`${revision} has no ${definition}`];
  const validate = ajv.getSchema(`${revision}#/${key}/${definition}`);
  if (validate(value)) return [];
  return validate.errors.map((e) => `${revision} ${definition}${e.instancePath} ${e.message}`);
}

function errorFaults(revision, message) {
  const envelope = loaded[revision].names.JSONRPCErrorResponse ? 'JSONRPCErrorResponse' : 'JSONRPCError';
  const found = faults(revision, envelope, message);
  if (revision !== modern) return found;
  if (message.error.code === -32022) {
    return found.concat(faults(revision, 'UnsupportedProtocolVersionError', message));
  }
  return found.concat(faults(revision, errors[message.error.code] ?? 'no such code', message.error));
}

function resultFaults(revision, method, message) {
  const envelope = loaded[revision].names.JSONRPCResultResponse ? 'JSONRPCResultResponse' : 'JSONRPCResponse';
  return [...faults(revision, envelope, message),
          ...faults(revision, results[method] ?? `no result of ${method}`, message.result)];
}

/** Follows one conversation and says what is wrong with each message of the server. */
export class Conversation {
  #legacy;
  #spoken = new Set([undefined]);
  #asked = new Map();
  #ordered;

  /** `ordered`: each message of the server comes before the next line of the client is sent. */
  constructor({ ordered = true } = {}) { this.#ordered = ordered; }

  /** A line that the client sends. What is no JSON asks nothing. */
  sent(line) {
    let value;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    const batch = Array.isArray(value);
    for (const message of batch ? value : [value]) this.#ask(message, batch);
  }

  #ask(message, batch) {
    if (message === null || typeof message !== 'object' || message.id === undefined) return;
    const claimed = message.params?._meta?.[metaKey] !== undefined;
    if (message.method === 'initialize' && !claimed && !batch) {
      const wanted = message.params?.protocolVersion;
      this.#legacy = revisions.includes(wanted) && wanted !== modern ? wanted : '2025-11-25';
      this.#spoken.add(this.#legacy);
    }
    // A sign of life before the handshake is of the old era; all else without a claim is refused.
    const early = message.method === 'ping' ? '2025-11-25' : modern;
    const key = JSON.stringify(message.id);
    const asked = this.#asked.get(key) ?? [];
    asked.push({ method: message.method, revision: claimed ? modern : this.#legacy ?? early });
    this.#asked.set(key, asked);
  }

  /** What is wrong with a line of the server; empty if nothing is. */
  received(line) {
    const value = JSON.parse(line);
    if (!Array.isArray(value)) return this.#faults(value);
    return [...this.#spoke((revision) => faults(revision, 'JSONRPCBatchResponse', value)),
            ...value.flatMap((message) => this.#faults(message))];
  }

  /** Checks something that belongs to no request: in the revision that is spoken at the moment. */
  #spoke(check) {
    const spoken = this.#ordered ? [this.#legacy] : [...this.#spoken];
    return best(spoken.map((legacy) => check(legacy ?? modern)));
  }

  #faults(message) {
    if (message.method === 'notifications/message') {
      return this.#spoke((revision) => faults(revision, 'LoggingMessageNotification', message));
    }
    if (message.method !== undefined) return [`the server sent ${message.method}`];
    if (message.id === undefined) return this.#spoke((revision) => errorFaults(revision, message));
    // An id may be used again once it has been answered: one of its uses must fit.
    const uses = this.#asked.get(JSON.stringify(message.id));
    if (uses === undefined && message.error) {
      // A line that was too long: its id was read, but not the rest of it.
      return this.#spoke((revision) => errorFaults(revision, message));
    }
    if (uses === undefined) return [`nobody asked ${JSON.stringify(message.id)}`];
    return best(uses.map(({ method, revision }) => message.error
      ? errorFaults(revision, message)
      : resultFaults(revision, method, message)));
  }
}

/** An empty list of faults if there is one. */
function best(attempts) {
  return attempts.find((one) => one.length === 0) ?? attempts[0];
}
