import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import {
  compact,
  distinctTexts,
  filled,
  firstText,
  idOf,
  jsonText,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../fields.js';
import {
  recordsOf,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import { extensionOf } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { timeSpan } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * ATIF, the Agent Trajectory Interchange Format, versions 1.0 to 1.8: a JSON document per trajectory, a list of them, or
 * one a line. Embedded trajectories of sub-agents become separate rows.
 */
export const atif: RolloutFormat = {
  name: 'atif',
  filePattern: '*.json, *.jsonl',
  defaultFolders: () => [],
  owns: (path) => ['.json', '.jsonl'].includes(extensionOf(path)),
  recognises,
  parse,
};

function recognises(content: TraceContent): boolean {
  return recordsOf(content).slice(0, 20).some(isTrajectory);
}

function isTrajectory({ schema_version: version, agent, steps }: JsonObject): boolean {
  return Array.isArray(steps) && (isObject(agent) || textOf(version) !== undefined);
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const records = recordsOf(content);
  const skips = createSkips();
  const traces = records.flatMap((record, index) => {
    const own = {
      stem: content.kind === 'lines' ? `${stem}:${index + 1}` : stem,
      parent: undefined,
      callId: undefined,
    };
    if (isTrajectory(record)) return parseTrajectory(record, own, skips);
    if (content.kind === 'lines') skips.add('records that are no trajectories');
    return [];
  });
  return { traces, skipped: skips.findings() };
}

interface Place {
  /** The name of a trajectory without an id. */
  readonly stem: string;
  readonly parent: Trace | undefined;
  /** The call of the parent that started it. */
  readonly callId: string | undefined;
}

/** A trajectory and those embedded in it. The reader's limit on nesting bounds the recursion. */
function parseTrajectory(trajectory: JsonObject, place: Place, skips: Skips): readonly Trace[] {
  const { stem, parent, callId } = place;
  const steps = objectsIn(trajectory['steps'], skips, 'steps');
  const transcript = createTranscript();
  for (const step of steps) addStep(transcript, step, skips);

  const agent = objectOf(trajectory['agent']);
  const extra = objectOf(agent['extra']);
  const cwd = textOf(extra['cwd']) ?? parent?.cwd;
  const span = timeSpan(steps.map(({ timestamp }) => textOf(timestamp)));
  const trace: Trace = {
    ...identity(trajectory, place),
    cwd,
    projectPath: textOf(extra['project_path']) ?? cwd,
    gitBranch: textOf(extra['git_branch']) ?? parent?.gitBranch,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: { ...metaOf(trajectory, agent, steps), ...compact({ parent_tool_call_id: callId }) },
  };
  const callOf = callsByChild(steps);
  const embedded = objectsOf(trajectory['subagent_trajectories']).flatMap((child, index) => {
    const place = { stem: `${stem}:${index + 1}`, parent: trace, callId: callOf(child) };
    return parseTrajectory(child, place, skips);
  });
  return [trace, ...embedded];
}

/** Since v1.7 the session id may be missing, and sub-agents may share that of the run. */
function identity(
  trajectory: JsonObject,
  { stem, parent }: Place,
): Pick<Trace, 'traceId' | 'rootSessionId' | 'agentId' | 'isSidechain'> {
  const sessionId = idOf(trajectory['session_id']);
  const trajectoryId = idOf(trajectory['trajectory_id']);
  if (!parent) {
    const id = sessionId ?? trajectoryId ?? stem;
    return { traceId: id, rootSessionId: id };
  }
  const ownSession = sessionId === parent.rootSessionId ? undefined : sessionId;
  const agentId = trajectoryId ?? ownSession ?? stem;
  return {
    traceId: `${parent.rootSessionId}:${agentId}`,
    rootSessionId: parent.rootSessionId,
    agentId,
    isSidechain: true,
  };
}

function addStep(transcript: Transcript, step: JsonObject, skips: Skips): void {
  const { source, message } = step;
  const kind = step['is_copied_context'] === true ? 'copied' : undefined;
  if (source === 'agent' || source === 'assistant') {
    const reasoning = distinctTexts([step['reasoning_content']]);
    transcript.addAssistant({
      content: contentBlocks(message),
      reasoning,
      calls: callsOf(step, skips),
      kind,
    });
  } else if (source === 'user' || source === 'system') transcript.addMessage(source, message, kind);
  else skips.add('steps with an unknown source');

  for (const result of objectsIn(observed(step), skips, 'tool results')) {
    const content = result['content'] ?? undefined;
    if (content !== undefined) transcript.addResult(idOf(result['source_call_id']), content, false, kind);
  }
}

function callsOf(step: JsonObject, skips: Skips): readonly CallPart[] {
  const calls: CallPart[] = [];
  for (const call of objectsIn(step['tool_calls'], skips, 'tool calls')) {
    const name = textOf(call['function_name']);
    if (name === undefined) skips.add('tool calls without a name');
    else calls.push({ id: idOf(call['tool_call_id']), name, arguments: call['arguments'] });
  }
  return calls;
}

function observed(step: JsonObject): Json | undefined {
  return objectOf(step['observation'])['results'];
}

function resultsOf(step: JsonObject): readonly JsonObject[] {
  return objectsOf(observed(step));
}

function metaOf(trajectory: JsonObject, agent: JsonObject, steps: readonly JsonObject[]): JsonObject {
  const models = distinctTexts(steps.map(({ model_name: model }) => model));
  const tools = listOf(agent['tool_definitions']);
  return compact({
    schema_version: textOf(trajectory['schema_version']),
    step_count: listOf(trajectory['steps']).length,
    agent_name: textOf(agent['name']),
    version: textOf(agent['version']),
    model_name: textOf(agent['model_name']) ?? firstText(models),
    copied_context_step_ids: filled(steps.filter((step) => step['is_copied_context'] === true).map(stepId)),
    subagent_trajectory_refs: filled(steps.flatMap(subagentRefs)),
    tools: filled(tools) && jsonText(tools),
    notes: textOf(trajectory['notes']),
    continued_trajectory_ref: textOf(trajectory['continued_trajectory_ref']),
    final_metrics: filled(objectOf(trajectory['final_metrics'])),
    extra: filled(objectOf(trajectory['extra'])),
  });
}

function stepId(step: JsonObject): Json {
  return step['step_id'] ?? null;
}

function subagentRefs(step: JsonObject): readonly JsonObject[] {
  return resultsOf(step)
    .map((result) => objectsOf(listOf(result['subagent_trajectory_ref'])).map(subagentRef))
    .filter((refs) => refs.length > 0)
    .map((refs) => ({ step_id: stepId(step), refs }));
}

/** The call that started a trajectory, found by the references in results. */
function callsByChild(steps: readonly JsonObject[]): (child: JsonObject) => string | undefined {
  const calls = new Map<string, string>();
  for (const result of steps.flatMap(resultsOf)) {
    const callId = idOf(result['source_call_id']);
    for (const ref of objectsOf(listOf(result['subagent_trajectory_ref']))) {
      const id = idOf(ref['trajectory_id']) ?? idOf(ref['session_id']);
      if (id !== undefined && callId !== undefined) calls.set(id, callId);
    }
  }
  return (child) => calls.get(idOf(child['trajectory_id']) ?? idOf(child['session_id']) ?? '');
}

function subagentRef(ref: JsonObject): JsonObject {
  return compact({
    session_id: idOf(ref['session_id']),
    trajectory_id: idOf(ref['trajectory_id']),
    trajectory_path: textOf(ref['trajectory_path']),
    extra: filled(objectOf(ref['extra'])),
  });
}
