// Pipelines with one gate, written by hand on Hono and SQLite: every answer is on disk before it is given.
// usage: node hono_sqlite.mjs FOLDER
import { DatabaseSync } from 'node:sqlite';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { isOwner, newIds, ready, shown } from './names.mjs';

const db = new DatabaseSync(`${process.argv[2]}/peer.db`);
db.exec(`
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE pipelines (id TEXT PRIMARY KEY, name TEXT, status TEXT, created_at TEXT) WITHOUT ROWID;
  CREATE TABLE approvals (id TEXT PRIMARY KEY, pipeline_id TEXT, status TEXT, decided_by TEXT) WITHOUT ROWID;
  CREATE UNIQUE INDEX approval_of ON approvals (pipeline_id);
  CREATE TABLE events (seq INTEGER PRIMARY KEY, entity TEXT, type TEXT, actor TEXT, at TEXT, body TEXT);`);

const insertPipeline = db.prepare("INSERT INTO pipelines VALUES (?, ?, 'waiting', ?)");
const insertApproval = db.prepare("INSERT INTO approvals VALUES (?, ?, 'pending', NULL)");
const insertEvent = db.prepare('INSERT INTO events (entity, type, actor, at, body) VALUES (?, ?, ?, ?, ?)');
const decide = db.prepare(
  "UPDATE approvals SET status = 'approved', decided_by = ? WHERE id = ? AND status = 'pending' RETURNING pipeline_id");
const complete = db.prepare("UPDATE pipelines SET status = 'completed' WHERE id = ?");
const find = db.prepare(`
  SELECT p.*, a.id AS approval_id, a.status AS approval_status, a.decided_by
  FROM pipelines p JOIN approvals a ON a.pipeline_id = p.id WHERE p.id = ?`);

function together(work) {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

const app = new Hono();
app.use(async (context, next) => (isOwner(context.req.header('authorization')) ? next() : context.body(null, 401)));
app.post('/v1/pipelines', async (context) => {
  const { name } = await context.req.json();
  const ids = newIds();
  const now = new Date().toISOString();
  together(() => {
    insertPipeline.run(ids.pipeline, name, now);
    insertApproval.run(ids.approval, ids.pipeline);
    insertEvent.run(ids.pipeline, 'pipeline.created', 'owner', now, JSON.stringify({ name }));
    insertEvent.run(ids.approval, 'gate.opened', 'owner', now, '{}');
  });
  return context.json(shown(find.get(ids.pipeline)), 201);
});
app.get('/v1/pipelines/:id', (context) => {
  const row = find.get(context.req.param('id'));
  return row ? context.json(shown(row)) : context.body(null, 404);
});
app.post('/v1/approvals/:id/approve', async (context) => {
  const { notes } = await context.req.json();
  const id = context.req.param('id');
  const now = new Date().toISOString();
  const decided = together(() => {
    const row = decide.get('owner', id);
    if (!row) return null;
    complete.run(row.pipeline_id);
    insertEvent.run(id, 'gate.approved', 'owner', now, JSON.stringify({ notes }));
    insertEvent.run(row.pipeline_id, 'pipeline.completed', 'owner', now, '{}');
    return row.pipeline_id;
  });
  return decided ? context.json(shown(find.get(decided))) : context.body(null, 409);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => ready(port));
