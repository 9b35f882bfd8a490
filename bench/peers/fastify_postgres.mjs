// Pipelines with one gate, written by hand on Fastify and PostgreSQL: one statement for each write, so
// that its server commits many clients' work together; every answer is on disk before it is given.
// usage: node fastify_postgres.mjs FOLDER BIN   (BIN: where initdb and postgres are)
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import Fastify from 'fastify';
import pg from 'pg';
import { isOwner, newIds, ready, shown } from './names.mjs';

const [folder, bin] = process.argv.slice(2);

/** PostgreSQL does not run as root: there it runs as nobody. */
function otherUser() {
  if (process.getuid() !== 0) return {};
  const number = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

async function startPostgres() {
  const user = otherUser();
  const data = `${folder}/postgres`;
  mkdirSync(data, { mode: 0o700 });
  if (user.uid) {
    chownSync(folder, user.uid, user.gid);
    chownSync(data, user.uid, user.gid);
  }
  const options = { ...user, cwd: folder, stdio: 'ignore' };
  execFileSync(`${bin}/initdb`, ['-D', data, '-A', 'trust', '-U', 'peer', '--no-sync'], options);
  const server = spawn(`${bin}/postgres`, ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c',
    'shared_buffers=256MB'], options);
  process.on('exit', () => server.kill('SIGQUIT'));
  const pool = new pg.Pool({ host: folder, user: 'peer', database: 'postgres', max: 32 });
  for (let attempt = 0; ; ++attempt) {
    try {
      await pool.query('SELECT 1');
      return pool;
    } catch (error) {
      if (attempt === 100) throw error;
      await pause(100); // it says nowhere else that it is ready
    }
  }
}

const pool = await startPostgres();
await pool.query(`
  CREATE TABLE pipelines (id text PRIMARY KEY, name text, status text, created_at timestamptz);
  CREATE TABLE approvals (id text PRIMARY KEY, pipeline_id text UNIQUE, status text, decided_by text);
  CREATE TABLE events (seq bigserial PRIMARY KEY, entity text, type text, actor text, at timestamptz, body jsonb);`);

const statement = (name, text) => (values) => pool.query({ name, text, values });
const create = statement('create', `
  WITH p AS (INSERT INTO pipelines VALUES ($1, $2, 'waiting', now()) RETURNING *),
       a AS (INSERT INTO approvals VALUES ($3, $1, 'pending', NULL) RETURNING *),
       e AS (INSERT INTO events (entity, type, actor, at, body) VALUES
               ($1, 'pipeline.created', 'owner', now(), $4), ($3, 'gate.opened', 'owner', now(), '{}'))
  SELECT p.*, a.id AS approval_id, a.status AS approval_status, a.decided_by FROM p, a`);
const find = statement('find', `
  SELECT p.*, a.id AS approval_id, a.status AS approval_status, a.decided_by
  FROM pipelines p JOIN approvals a ON a.pipeline_id = p.id WHERE p.id = $1`);
const approve = statement('approve', `
  WITH a AS (UPDATE approvals SET status = 'approved', decided_by = 'owner'
             WHERE id = $1 AND status = 'pending' RETURNING *),
       p AS (UPDATE pipelines SET status = 'completed' FROM a WHERE pipelines.id = a.pipeline_id
             RETURNING pipelines.*),
       e AS (INSERT INTO events (entity, type, actor, at, body)
             SELECT a.id, 'gate.approved', 'owner', now(), $2::jsonb FROM a
             UNION ALL SELECT p.id, 'pipeline.completed', 'owner', now(), '{}' FROM p)
  SELECT p.*, a.id AS approval_id, a.status AS approval_status, a.decided_by FROM p, a`);

const app = Fastify();
app.addHook('onRequest', async (request, reply) => {
  if (!isOwner(request.headers.authorization)) await reply.code(401).send();
});
app.post('/v1/pipelines', async (request, reply) => {
  const ids = newIds();
  const { rows } = await create([ids.pipeline, request.body.name, ids.approval, request.body]);
  return reply.code(201).send(shown(rows[0]));
});
app.get('/v1/pipelines/:id', async (request, reply) => {
  const { rows } = await find([request.params.id]);
  return rows.length ? shown(rows[0]) : reply.code(404).send();
});
app.post('/v1/approvals/:id/approve', async (request, reply) => {
  const { rows } = await approve([request.params.id, request.body]);
  return rows.length ? shown(rows[0]) : reply.code(409).send();
});

await app.listen({ host: '127.0.0.1', port: 0 });
ready(app.server.address().port);
