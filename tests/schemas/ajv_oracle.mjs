// Compares our schema validator with ajv (draft 2020-12): on every schema and example of the
// catalog, on values generated from these schemas and damaged in many ways, and on random schemas
// of the closed keyword set. AF_SEED=<number> repeats a run or makes another one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Generator, numberText, textOf } from './schema_generator.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(here, '../e2e/package.json'));
const Ajv2020 = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;

const root = path.join(here, '../..');
const oracle = path.join(process.env.AF_BINARY_DIR ?? path.join(root, 'build/release'),
                         'schema-oracle');
const seed = Number(process.env.AF_SEED ?? 20261120);

// With its default (the first error only) ajv overlooks a missing required property named "".
const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true });
addFormats(ajv, ['date-time']);
ajv.addFormat('uri', true); // annotated only, as with us

function run(args, input) {
  const result = spawnSync(oracle, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, result.error?.message ?? result.stderr);
  return result.stdout.split('\n').slice(0, -1);
}

const catalog = run(['--cases']).map((line) => JSON.parse(line));

/** Asks both about every {name, schema, text}; fails with the first few disagreements. */
function compare(cases) {
  const lines = cases.map(({ schema, text }) => `{"schema":${JSON.stringify(schema)},"value":${text}}`);
  const ours = run([], lines.map((line) => line + '\n').join(''));
  assert.equal(ours.length, cases.length);
  const compiled = new Map();
  const wrong = [];
  let accepted = 0;
  cases.forEach(({ name, schema, text }, i) => {
    if (!compiled.has(schema)) compiled.set(schema, ajv.compile(schema));
    const theirs = String(compiled.get(schema)(JSON.parse(text)));
    accepted += theirs === 'true' ? 1 : 0;
    if (ours[i] !== theirs) {
      wrong.push(`${name}: ajv says ${theirs}, we say ${ours[i]}\n  ${JSON.stringify(schema)}\n  ${text}`);
    }
  });
  assert.equal(wrong.length, 0, `seed ${seed}, ${wrong.length} of ${cases.length} differ:\n` +
                                wrong.slice(0, 5).join('\n'));
  return { accepted, refused: cases.length - accepted };
}

/** Neither side may win by always saying the same. */
function assertBalanced({ accepted, refused }) {
  const least = 0.1 * (accepted + refused);
  assert.ok(accepted > least, `only ${accepted} accepted, ${refused} refused`);
  assert.ok(refused > least, `only ${refused} refused, ${accepted} accepted`);
}

test('every schema of the catalog is one for ajv, too', () => {
  for (const { name, schema } of catalog) {
    assert.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText(ajv.errors)}`);
  }
});

test('every example of the catalog is accepted by both', () => {
  const cases = catalog.flatMap(({ name, schema, values }) =>
    values.map((value) => ({ name, schema, text: JSON.stringify(value) })));
  assert.equal(compare(cases).refused, 0);
});

test('generated and damaged values of every schema of the catalog', () => {
  const generator = new Generator(seed);
  const cases = catalog.flatMap(({ name, schema, values }) => {
    const sources = [...values, ...Array.from({ length: 8 }, () => generator.valueFor(schema))];
    return sources.flatMap((value) => [value, ...generator.damaged(value, 6)])
      .map((value) => ({ name, schema, text: textOf(value, generator) }));
  });
  if (cases.length > 0) assertBalanced(compare(cases));
});

test('random schemas of the closed keyword set', () => {
  const generator = new Generator(seed);
  const cases = [];
  for (let i = 0; i < 1500; ++i) {
    const schema = generator.schema(i % 10 === 0 ? 3 : 2);
    const value = generator.valueFor(schema);
    for (const candidate of [value, ...generator.damaged(value, 4), generator.value(2)]) {
      cases.push({ name: `random ${i}`, schema, text: textOf(candidate, generator) });
    }
  }
  assertBalanced(compare(cases));
});

test('values at the edges of every keyword', () => {
  const numbers = ['0', '-0', '0.0', '1', '1.0', '1e0', '10E-1', '1.5', '-1', '1e300', '1e-300',
                   '9007199254740991', '2147483648'];
  const strings = ['""', '"a"', '"ab"', '"abc"', '"äöü"', '"\\u00e4b"', '"👩"', '"\\ud83d\\udc69"',
                   '"👩‍🚀"', '"e\\u0301"', '"\\u0000"', '"日本語"'];
  const dates = ['2026-11-20T06:44:09Z', '2026-11-20t06:44:09.123z', '2026-11-20 06:44:09+01:00',
                 '2024-02-29T23:59:59-12:30', '2026-02-29T00:00:00Z', '2026-11-20', '06:44:09Z',
                 '2026-11-20T06:44:09', '2026-11-20T24:00:00Z', '2026-11-31T00:00:00Z',
                 '2016-12-31T23:59:60Z', '2016-12-31T12:59:60Z', '2017-01-01T00:59:60+01:00',
                 '2026-11-20T06:44:09.Z', '2026-11-20T06:60:00Z', '2026-13-01T00:00:00Z',
                 '2026-11-20T06:44:09+24:00', 'x'].map((date) => JSON.stringify(date));
  const others = ['null', 'true', 'false', '[]', '{}', '[1]', '[1,1.0]', '[0,-0.0]', '[0,false]',
                  '[1,"1"]', '[{"a":1,"b":2},{"b":2.0,"a":1}]', '[[1],[1.0]]', '[null,null]',
                  '[{"a":[]},{"a":{}}]', '{"a":1}', '{"a":"x","b":1}', '{"b":null}', '{"a":null}'];
  const schemas = [
    ...['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'].map((type) => ({ type })),
    { type: ['integer', 'null'] }, { type: ['string', 'array'] },
    { const: 1 }, { const: 0 }, { const: null }, { const: false }, { const: '' }, { const: [1] },
    { const: { a: 1 } }, { enum: [1, 'a', null, [], {}] }, { enum: [false, 0.5] },
    { minimum: 1 }, { maximum: 1 }, { minimum: -0.5, maximum: 1.5 }, { maximum: 9007199254740990 },
    ...[0, 1, 2, 3].flatMap((n) => [{ minLength: n }, { maxLength: n }, { minItems: n },
      { maxItems: n }, { minProperties: n }, { maxProperties: n }]),
    { uniqueItems: true }, { uniqueItems: false }, { items: { type: 'integer' } },
    { items: {}, maxItems: 1 }, { required: ['a'] }, { required: ['a', 'b'] },
    { properties: { a: { type: 'integer' } } },
    { properties: { a: {} }, additionalProperties: false },
    { additionalProperties: false }, { additionalProperties: { type: 'integer' } },
    { properties: { a: {} }, additionalProperties: { type: 'null' } },
    { anyOf: [{ type: 'integer' }, { type: 'string', maxLength: 1 }] },
    { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    { anyOf: [{ const: 1 }], maximum: 0 }, { format: 'date-time' }, { format: 'uri' },
    { type: 'string', format: 'date-time', maxLength: 20 }, {},
  ];
  const texts = [...numbers, ...strings, ...dates, ...others];
  const cases = schemas.flatMap((schema, i) =>
    texts.map((text) => ({ name: `edge ${i}`, schema, text })));
  assertBalanced(compare(cases));
});

test('the generator writes numbers in forms that stay the same number', () => {
  const generator = new Generator(seed);
  for (const number of [0, 1, -7, 20, 1.5, 1e21, 0.001]) {
    for (let i = 0; i < 20; ++i) {
      assert.equal(JSON.parse(numberText(number, generator)), number);
    }
  }
});
