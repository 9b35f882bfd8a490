// What both peers share: the names of things, so that the same client drives them and factory-api.
import { randomUUID } from 'node:crypto';

export const newIds = () => ({ pipeline: `pipe_${randomUUID()}`, approval: `gate_${randomUUID()}` });

/** What one sees of a pipeline: the row of it joined with its approval's. */
export const shown = (row) => ({
  id: row.id,
  name: row.name,
  status: row.status,
  created_at: row.created_at,
  waiting_for: { approval_id: row.approval_id, status: row.approval_status, decided_by: row.decided_by },
});

/** The owner's token; what a client must send. */
export const token = 'peer-owner-token';
export const isOwner = (header) => header === `Bearer ${token}`;

/** Tells the bench where to connect. */
export const ready = (port) =>
  process.stdout.write(`${JSON.stringify({ event: 'ready', url: `http://127.0.0.1:${port}` })}\n`);

// The bench ends its peers by closing their standard input.
process.stdin.on('end', () => process.exit(0)).resume();
