import type { JsonObject } from '../../../core/json.js';
import { createConversation, type Conversation } from './conversation.js';
import { createPromptQueue } from './queue.js';
import { NO_CONTEXT, silent, stepOf, type Step } from './steps.js';
import { openingOf } from './sub-agents.js';
import { idOf, objectOf } from '../../fields.js';
import { createLateIndex } from '../../late-index.js';

/** The records of one conversation. */
export interface Thread {
  /** Name of a sub-agent, unique in its session; `undefined` for the session itself. */
  readonly name: string | undefined;
  readonly isSidechain: boolean;
  /** The call that started a sub-agent, where its records say so. */
  readonly callId: string | undefined;
  /** The first text: the task of a sub-agent. */
  readonly opening: string | undefined;
  readonly steps: readonly Step[];
  /** All steps as a conversation; used when none of them was abandoned. */
  readonly conversation: Conversation;
}

/**
 * The conversations in a session file: the session itself and, in files of older versions, its sub-agents. A
 * sub-agent is identified by its agent id or, without one, by the first record of its conversation. Records that
 * occur twice, as in resumed files, count once.
 */
export interface Threads {
  add(record: JsonObject): void;
  /** The session itself, if it has records, then its sub-agents. */
  all(): readonly Thread[];
}

interface OpenThread extends Thread {
  readonly steps: Step[];
}

/** The place of a record. */
interface Place {
  readonly step: Step;
  readonly thread: OpenThread;
  /** The uuid of the record that its sidechain starts with. */
  readonly start: string | undefined;
}

export function createThreads(): Threads {
  const ids = new Set<string>();
  const places = createLateIndex<Place>();
  const sidechains = new Map<string, OpenThread>();
  const queue = createPromptQueue();
  let main: OpenThread | undefined;
  let context = NO_CONTEXT;

  function add(record: JsonObject): void {
    const uuid = idOf(record['uuid']);
    if (uuid !== undefined && !isNew(uuid)) return;
    // In the logs of `--output-format stream-json`, records of sub-agents name the call that started them.
    const isSidechain = record['isSidechain'] === true || idOf(record['parent_tool_use_id']) !== undefined;
    const parentUuid = idOf(record['parentUuid']);
    const above = parentUuid === undefined ? undefined : places.get(parentUuid);
    const start = isSidechain ? (above?.start ?? uuid) : undefined;
    const thread = isSidechain ? sidechainOf(record, start) : (main ??= newThread(record, undefined));
    const parent = uuid !== undefined && above?.thread === thread ? messageAt(above.step) : undefined;
    const step = stepOf(record, parent, context);
    context = step.context;
    if (record['type'] === 'queue-operation') return queue.add(record, step);
    if (thread === main) addToMain(record, step, thread);
    else push(thread, step);
    if (uuid !== undefined) places.add(uuid, { step, thread, start });
  }

  /** Prompts from the queue come before the next response, and not between the records of one. */
  function addToMain(record: JsonObject, step: Step, thread: OpenThread): void {
    const { type } = record;
    const prompt =
      type === 'attachment'
        ? objectOf(record['attachment'])['prompt']
        : type === 'user'
          ? objectOf(record['message'])['content']
          : undefined;
    const by = type === 'attachment' ? 'attachment' : 'message';
    const isRepeated = prompt !== undefined && !queue.said(prompt, by) && by === 'attachment';
    const continues = step.response !== undefined && step.response === thread.steps.at(-1)?.response;
    if (step.role === 'response' && !continues) flush(thread);
    push(thread, isRepeated ? silent(step) : step);
  }

  function flush(thread: OpenThread): void {
    for (const step of queue.take()) push(thread, step);
  }

  function push(thread: OpenThread, step: Step): void {
    thread.steps.push(step);
    thread.conversation.add(step);
  }

  /** One look-up in the set instead of two. */
  function isNew(uuid: string): boolean {
    const { size } = ids;
    return ids.add(uuid).size > size;
  }

  function sidechainOf(record: JsonObject, start: string | undefined): OpenThread {
    const name = idOf(record['parent_tool_use_id']) ?? idOf(record['agentId']) ?? start ?? 'sidechain';
    const thread = sidechains.get(name) ?? newThread(record, name);
    sidechains.set(name, thread);
    return thread;
  }

  return {
    add,
    all() {
      if (main) flush(main);
      return [...(main ? [main] : []), ...sidechains.values()];
    },
  };
}

function newThread(first: JsonObject, name: string | undefined): OpenThread {
  const conversation = createConversation();
  const callId = idOf(first['parent_tool_use_id']);
  return {
    name,
    isSidechain: name !== undefined,
    callId,
    opening: openingOf(first),
    steps: [],
    conversation,
  };
}

/** Bookkeeping records sit between messages; their nearest message above is used instead. */
function messageAt(step: Step): Step {
  return step.role === 'other' ? (step.parent ?? step) : step;
}
