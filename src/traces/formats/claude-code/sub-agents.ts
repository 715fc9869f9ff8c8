import { isObject, type JsonObject } from '../../../core/json.js';
import { idOf, listOf, objectOf, objectsOf, textOf } from '../../fields.js';

/** Which call of a session started which sub-agent, as far as its file says. */
export interface SubAgents {
  add(record: JsonObject): void;
  /** By the agent's id, from the result of the call. */
  readonly callOfAgent: ReadonlyMap<string, string>;
  /** By the task, for older versions, which have no ids and keep sub-agents in the same file. */
  readonly callOfTask: ReadonlyMap<string, string>;
}

export function createSubAgents(): SubAgents {
  const callOfAgent = new Map<string, string>();
  const callOfTask = new Map<string, string>();

  function addResult({ toolUseResult, message }: JsonObject): void {
    if (!isObject(toolUseResult)) return;
    const agent = idOf(toolUseResult['agentId']);
    if (agent === undefined) return;
    const result = objectsOf(objectOf(message)['content']).find(isToolResult);
    const callId = idOf(result?.['tool_use_id']);
    if (callId !== undefined) callOfAgent.set(agent, callId);
  }

  function addCalls({ message }: JsonObject): void {
    for (const block of listOf(objectOf(message)['content'])) {
      if (!isObject(block) || block['type'] !== 'tool_use') continue;
      const { id, name, input } = block;
      if (name !== 'Task' && name !== 'Agent') continue;
      const [task, callId] = [textOf(objectOf(input)['prompt']), idOf(id)];
      if (task !== undefined && callId !== undefined) callOfTask.set(task, callId);
    }
  }

  return {
    add(record) {
      addResult(record);
      if (record['type'] === 'assistant') addCalls(record);
    },
    callOfAgent,
    callOfTask,
  };
}

function isToolResult({ type }: JsonObject): boolean {
  return type === 'tool_result';
}

/** The first text of a record: in the first record of a sub-agent, its task. */
export function openingOf(record: JsonObject): string | undefined {
  const { content } = objectOf(record['message']);
  return typeof content === 'string' ? content : textOf(objectsOf(content)[0]?.['text']);
}

/** The call that started a sub-agent, by its id or otherwise by its task. */
export function callOf(
  { callOfAgent, callOfTask }: SubAgents,
  agentId: string | undefined,
  task: string | undefined,
): string | undefined {
  const known = agentId === undefined ? undefined : callOfAgent.get(agentId);
  return known ?? (task === undefined ? undefined : callOfTask.get(task));
}
