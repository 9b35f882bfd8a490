// A client whose types are generated from /openapi.json: this compiles only as long as the description
// has these paths, members and error codes.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Problem = components['schemas']['Problem'];

function told(problem: Problem | undefined, response: Response): { status: number; code?: Problem['code'] } {
  return { status: response.status, code: problem?.code };
}

/** From a name to a decision, and what is said of three mistakes. */
export async function play(baseUrl: string, key: string) {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

  const created = await client.POST('/v1/pipelines', { body: { name: 'generated', platform: 'none' } });
  if (!created.data) throw new Error(created.error.detail);
  const pipeline = created.data.id;
  // @ts-expect-error: a member that the description does not have
  created.data.no_such_member;
  // @ts-expect-error: a body without its name
  void (() => client.POST('/v1/pipelines', { body: { platform: 'none' } }));

  const list = await client.GET('/v1/pipelines', { params: { query: { status: 'active', limit: 5 } } });
  const listed = list.data?.pipelines.map(({ id }) => id) ?? [];

  const complete = async (stage: string, body: { assets?: { name: string }[]; tests?: { passed: number; failed: number; coverage: number } }) => {
    const done = await client.POST('/v1/pipelines/{pipeline_id}/stages/{stage}/complete', {
      params: { path: { pipeline_id: pipeline, stage } },
      body: { outcome: 'succeeded', ...body },
    });
    if (!done.data) throw new Error(done.error.detail);
    return done.data;
  };
  await complete('scaffolding', {});
  await complete('building', { assets: [{ name: 'README.md' }] });
  const reviewed = await complete('testing', { tests: { passed: 3, failed: 0, coverage: 95 } });

  const approval_id = reviewed.waiting_for?.approval_id ?? '';
  const approve = () => client.POST('/v1/approvals/{approval_id}/approve', {
    params: { path: { approval_id }, header: { 'Idempotency-Key': crypto.randomUUID() } },
    body: { notes: 'LGTM' },
  });
  const decided = await approve();
  const again = await client.POST('/v1/approvals/{approval_id}/reject', {
    params: { path: { approval_id } },
    body: { reason: 'Too late' },
  });
  const unknown = await client.GET('/v1/tasks/{task_id}', { params: { path: { task_id: 'task_none' } } });
  const stranger = await createClient<paths>({ baseUrl }).GET('/v1/whoami');
  return {
    pipeline,
    created: created.data.current_stage,
    listed,
    decided: decided.data?.status,
    again: told(again.error, again.response),
    unknown: told(unknown.error, unknown.response),
    stranger: told(stranger.error, stranger.response),
  };
}
