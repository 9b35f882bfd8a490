// The main job in a minute: two pipelines from intake to published, one driven through the official
// legacy MCP client, one through the modern one. People decide from the chat and with curl.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callTool, connect, curl, heading, keyFor, ownTestReport, say, startHouse } from './house.mjs';

const readme = readFileSync(join(process.env.AF_SOURCE_DIR ?? '.', 'README.md'));
const readmeDigest = createHash('sha256').update(readme).digest('hex');

/** The waiting decision of a pipeline as the queue shows it to whoever decides. */
async function waitingDecision(client, pipelineId) {
  const { doc } = await callTool(client, 'factory_get_pending_tasks', { pipeline_id: pipelineId });
  const task = doc.tasks.find((each) => each.type === 'approval');
  assert.ok(task, 'a decision waits');
  return task;
}

/** The agent reports a stage, and says where the pipeline went. */
async function report(agent, pipelineId, stage, evidence) {
  const { doc } = await callTool(agent, 'factory_report_stage', {
    pipeline_id: pipelineId,
    stage,
    outcome: 'succeeded',
    ...evidence,
  });
  say('goose', `factory_report_stage ${stage} → now ${doc.status} in ${doc.current_stage}, ` +
    `waits for ${doc.waiting_for.kind}`);
  return doc;
}

async function buildAndTest(agent, pipelineId, junit) {
  await report(agent, pipelineId, 'building', {
    assets: [{ name: 'README.md', digest: readmeDigest }],
  });
  const doc = await report(agent, pipelineId, 'testing', { tests: { junit_xml: junit } });
  const tests = doc.stages.find((stage) => stage.name === 'testing').evidence.tests;
  say('', `JUnit read: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`);
}

async function rejectReview(house, people, agent, pipelineId) {
  const task = await waitingDecision(agent, pipelineId);
  curl(house, people.alice.rest, 'POST', `/v1/approvals/${task.approval.id}/reject`, {
    reason: 'The timeout of the upstream call is not tested.',
    requested_changes: ['Add a test for the timeout'],
    digest: task.approval.digest,
  });
  say('alice/curl', 'POST …/reject → "The timeout of the upstream call is not tested."');
  const { doc } = await callTool(agent, 'factory_get_pending_tasks', { pipeline_id: pipelineId });
  const fix = doc.tasks.find((each) => each.type === 'fix_required');
  say('goose', `finds in the queue: [${fix.type}] ${fix.title}\n"${fix.description}"`);
}

async function approveThroughChat(chat, pipelineId, who) {
  const task = await waitingDecision(chat, pipelineId);
  say(who, `sees: ${task.title}; needs ${task.approval.required_approvers} approval(s), ` +
    `digest ${task.approval.digest}`);
  const { doc } = await callTool(chat, 'factory_approve_task', {
    task_id: task.id,
    digest: task.approval.digest,
    notes: 'LGTM, tests passing',
  });
  say(who, `factory_approve_task → ${doc.summary ?? doc.status}`);
}

async function approveWithCurl(house, token, chat, pipelineId, who) {
  const task = await waitingDecision(chat, pipelineId);
  const doc = curl(house, token, 'POST', `/v1/approvals/${task.approval.id}/approve`, {
    notes: 'Fine by me',
    digest: task.approval.digest,
  });
  say(`${who}/curl`, `POST …/approve → ${doc.status}: ${doc.current_approvers} of ` +
    `${doc.required_approvers}`);
  return { task, doc };
}

/** One pipeline from intake to published. */
async function publish(house, people, era, name) {
  heading(`${name}: the ${era} client`);
  const agent = await connect(house, era, people.goose);
  const chat = await connect(house, era, people.alice.mcp);
  const created = await callTool(agent, 'factory_create_pipeline', {
    name,
    platform: 'open-meteo',
    priority: 'high',
    // Two persons release to production; the demonstration measures no coverage, so none is asked.
    parameters: { production_approvals: 2, min_coverage: 0 },
  });
  const id = created.doc.id;
  say('goose', `factory_create_pipeline → ${id}, now in ${created.doc.current_stage}`);

  await report(agent, id, 'scaffolding', { notes: 'The project builds and starts.' });
  const junit = ownTestReport(house);
  await buildAndTest(agent, id, junit);
  await rejectReview(house, people, agent, id);
  await buildAndTest(agent, id, junit);
  await approveThroughChat(chat, id, 'alice/chat');

  const deploy = (target) => ({
    deploy: { target, version: '1.0.0', url: `https://${target}.example`, succeeded: true },
  });
  await report(agent, id, 'staging', { ...deploy('staging'), tests: { junit_xml: junit } });
  const { task, doc } = await approveWithCurl(house, people.bob.rest, chat, id, 'bob');
  assert.equal(doc.status, 'approved');
  const late = curl(house, people.alice.rest, 'POST', `/v1/approvals/${task.approval.id}/approve`);
  assert.equal(late.code, 'already_decided');
  say('alice/curl', `the same approval → ${late.status} ${late.code}: ${late.detail}`);

  await approveThroughChat(chat, id, 'alice/chat');
  const second = await approveWithCurl(house, people.bob.rest, chat, id, 'bob');
  assert.equal(second.doc.status, 'approved');
  const done = await report(agent, id, 'production', deploy('production'));
  assert.equal(done.status, 'completed');
  await agent.close();
  await chat.close();
}

const house = await startHouse();
say('server', `serves ${house.url} on a throw-away folder`);
const people = {
  goose: keyFor(house, 'goose', 'agent', 'mcp'),
  alice: {
    rest: keyFor(house, 'alice', 'operator', 'rest', 'reviewers'),
    mcp: keyFor(house, 'alice', 'operator', 'mcp', 'reviewers'),
  },
  bob: { rest: keyFor(house, 'bob', 'operator', 'rest', 'release') },
};
say('owner', 'made keys for alice and bob (operators) and goose (agent)');
try {
  await publish(house, people, 'legacy', 'weather-mcp-server');
  await publish(house, people, 'modern', 'tides-mcp-server');

  heading('what is left of it');
  const summary = curl(house, people.alice.rest, 'GET', '/v1/dashboard/summary');
  say('dashboard', summary.summary ?? JSON.stringify(summary));
  const audit = JSON.parse(house.admin('audit', 'verify'));
  assert.ok(audit.sound);
  say('audit', `${audit.events} events in ${audit.streams} streams: the chain is sound`);
  const views = JSON.parse(house.admin('rebuild', '--check'));
  assert.ok(views.clean);
  say('rebuild', `${views.streams} streams folded again: every view is as it stands`);
} finally {
  const code = await house.stop();
  say('server', `stopped with exit code ${code}`);
  assert.equal(code, 0);
}
