// Random schemas of our closed keyword set, values that mostly fit a schema, and damage to values.
// The same seed gives the same sequence.

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'];
const NAMES = ['a', 'b', 'c', 'id', 'näme', 'x/y', ''];
const STRINGS = ['', 'a', 'ab', 'low', 'high', 'äöü', '👩', '👩‍🚀 e\u0301', '日本語', '\u0000', ' ', '1', 'null',
                 '2026-11-20T06:44:09Z', '2026-11-20T06:44:09.5+02:00', '2026-02-30T00:00:00Z'];
const NUMBERS = [0, 1, -1, 2, 3, 5, 10, 100, 0.5, -0.5, 1.5, 2147483648, 1e21];

/** A number as JSON text, in one of the forms that mean the same: 20, 20.0, 2e1, 200E-1. */
export function numberText(number, generator) {
  const plain = JSON.stringify(number);
  if (!/^-?\d+$/.test(plain)) return plain;
  const longer = number === 0 ? plain : `${plain}0E-1`; // no number starts with 00
  return generator.pick([plain, plain, `${plain}.0`, `${plain}e0`, longer, `${plain}.00e+0`]);
}

/** A value as JSON text in a random but equivalent spelling. */
export function textOf(value, generator) {
  if (typeof value === 'number') return numberText(value, generator);
  if (typeof value === 'string') {
    const text = JSON.stringify(value);
    if (generator.chance(0.8)) return text;
    return text.replace(/[^\u0000-\u007f]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'));
  }
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, generator)).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)} : ${textOf(member, generator)}`);
  return `{${members.join(',')}}`;
}

export class Generator {
  #state;

  constructor(seed) { this.#state = seed >>> 0; }

  /** From 0 to below 1 (mulberry32). */
  random() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  chance(share) { return this.random() < share; }
  below(count) { return Math.floor(this.random() * count); }
  pick(list) { return list[this.below(list.length)]; }
  some(list) { return list.filter(() => this.chance(0.5)); }

  /** Any value, nested at most `depth` deep. */
  value(depth) {
    const type = this.pick(depth > 0 ? TYPES : TYPES.slice(0, 5));
    switch (type) {
      case 'string': return this.pick(STRINGS);
      case 'number': return this.pick(NUMBERS);
      case 'integer': return this.below(7) - 2;
      case 'boolean': return this.chance(0.5);
      case 'null': return null;
      case 'array': return Array.from({ length: this.below(4) }, () => this.value(depth - 1));
      default: return Object.fromEntries(this.some(NAMES).map((name) => [name, this.value(depth - 1)]));
    }
  }

  /** A schema that lint_schema() accepts. */
  schema(depth) {
    const schema = {};
    if (this.chance(0.7)) schema.type = this.chance(0.8) ? this.pick(TYPES) : [...new Set([this.pick(TYPES), this.pick(TYPES)])];
    if (this.chance(0.1)) schema.enum = distinct([this.value(1), this.value(1), this.value(0)]);
    if (this.chance(0.05)) schema.const = this.value(1);
    if (this.chance(0.15)) schema.format = this.pick(['date-time', 'uri']);
    for (const keyword of ['minLength', 'minItems', 'minProperties']) {
      if (this.chance(0.15)) schema[keyword] = this.below(3);
    }
    for (const keyword of ['maxLength', 'maxItems', 'maxProperties']) {
      if (this.chance(0.15)) schema[keyword] = this.below(4);
    }
    if (this.chance(0.2)) schema.minimum = this.pick(NUMBERS);
    if (this.chance(0.2)) schema.maximum = this.pick(NUMBERS);
    if (this.chance(0.3)) schema.uniqueItems = this.chance(0.8);
    if (this.chance(0.2)) schema.description = 'Says nothing about validity';
    if (depth > 0) this.#nest(schema, depth - 1);
    return schema;
  }

  #nest(schema, depth) {
    if (this.chance(0.5)) {
      schema.properties = Object.fromEntries(this.some(NAMES).map((name) => [name, this.schema(depth)]));
    }
    if (this.chance(0.4)) {
      schema.required = this.some(schema.properties ? Object.keys(schema.properties) : NAMES);
    }
    if (this.chance(0.4)) schema.additionalProperties = this.chance(0.5) ? this.chance(0.2) : this.schema(depth);
    if (this.chance(0.4)) schema.items = this.schema(depth);
    if (this.chance(0.15)) schema.anyOf = Array.from({ length: 1 + this.below(3) }, () => this.schema(depth));
  }

  /** A value that fits the schema more often than not. */
  valueFor(schema, depth = 6) {
    if (depth === 0 || schema === true || schema === undefined) return this.value(0);
    if ('const' in schema) return schema.const;
    if (schema.enum) return this.pick(schema.enum);
    if (schema.anyOf && this.chance(0.8)) return this.valueFor({ ...schema, ...this.pick(schema.anyOf), anyOf: undefined }, depth - 1);
    switch (this.pick([schema.type ?? guess(schema)].flat())) {
      case 'string': return this.#string(schema);
      case 'integer': return Math.round(this.#number(schema));
      case 'number': return this.#number(schema);
      case 'boolean': return this.chance(0.5);
      case 'null': return null;
      case 'array': return this.#array(schema, depth - 1);
      case 'object': return this.#object(schema, depth - 1);
      default: return this.value(1);
    }
  }

  #string(schema) {
    if (schema.format === 'date-time') return this.pick(STRINGS.slice(-3));
    const least = schema.minLength ?? 0;
    const most = schema.maxLength ?? least + 8;
    const length = this.chance(0.3) ? this.pick([least, most]) : least + this.below(most - least + 1);
    return Array.from({ length: Math.min(Math.max(length, 0), 5000) }, () => this.pick(['a', 'Z', '0', 'ä', '👩', '日', '-'])).join('');
  }

  #number(schema) {
    const least = schema.minimum ?? -3;
    const most = schema.maximum ?? least + 10;
    return this.pick([least, most, least + this.below(Math.max(1, Math.min(most - least, 1000)))]);
  }

  #array(schema, depth) {
    const least = schema.minItems ?? 0;
    const length = Math.min(least + this.below(3), schema.maxItems ?? Infinity, 200);
    return Array.from({ length }, () => this.valueFor(schema.items ?? {}, depth));
  }

  #object(schema, depth) {
    const known = schema.properties ?? {};
    const value = {};
    for (const [name, member] of Object.entries(known)) {
      if (schema.required?.includes(name) || this.chance(0.5)) value[name] = this.valueFor(member, depth);
    }
    for (const name of schema.required ?? []) value[name] ??= this.value(0);
    if (typeof schema.additionalProperties === 'object' && this.chance(0.6)) {
      value.further = this.valueFor(schema.additionalProperties, depth);
    }
    return value;
  }

  /** `count` copies of the value, each with one to three things changed somewhere inside. */
  damaged(value, count) {
    return Array.from({ length: count }, () => {
      let copy = structuredClone(value);
      for (let i = 1 + this.below(3); i > 0; --i) copy = this.#damage(copy);
      return copy;
    });
  }

  #damage(value) {
    if (value === null || typeof value !== 'object' || this.chance(0.15)) return this.#replacement(value);
    if (Array.isArray(value)) return this.#damageArray(value);
    const names = Object.keys(value);
    if (names.length === 0 || this.chance(0.25)) return { ...value, [this.pick([...NAMES, 'unknown'])]: this.value(1) };
    const name = this.pick(names);
    if (this.chance(0.35)) {
      delete value[name];
    } else {
      value[name] = this.#damage(value[name]);
    }
    return value;
  }

  #damageArray(value) {
    if (value.length === 0 || this.chance(0.3)) return [...value, this.value(1)];
    const at = this.below(value.length);
    if (this.chance(0.3)) return [...value, structuredClone(value[at])];
    if (this.chance(0.3)) return value.filter((_, i) => i !== at);
    value[at] = this.#damage(value[at]);
    return value;
  }

  #replacement(value) {
    if (typeof value === 'number' && this.chance(0.6)) return value + this.pick([1, -1, 0.5, 1000, -1000]);
    if (typeof value === 'string' && this.chance(0.6)) return this.pick([value + 'x', value + '👩', '', value.slice(0, -1).replace(/[\ud800-\udbff]$/, ''), value.repeat(2)]);
    return this.value(1);
  }
}

function guess(schema) {
  if (schema.properties || schema.required || schema.additionalProperties !== undefined) return 'object';
  if (schema.items || schema.uniqueItems) return 'array';
  return 'any';
}

function distinct(values) {
  const seen = new Map(values.map((value) => [canonical(value), value]));
  return [...seen.values()];
}

function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return `{${Object.keys(value).sort().map((key) => JSON.stringify(key) + canonical(value[key])).join()}}`;
}
