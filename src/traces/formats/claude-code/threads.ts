import type { JsonObject } from '../../../core/json.js';
import { createConversation, type Conversation } from './conversation.js';
import { NO_CONTEXT, stepOf, type Step } from './steps.js';
import { openingOf } from './sub-agents.js';
import { idOf } from '../../fields.js';
import { createLateIndex } from '../../late-index.js';

/** The records of one conversation. */
export interface Thread {
  /** Name of a sub-agent, unique in its session; `undefined` for the session itself. */
  readonly name: string | undefined;
  readonly isSidechain: boolean;
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
  let main: OpenThread | undefined;
  let context = NO_CONTEXT;

  function add(record: JsonObject): void {
    const uuid = idOf(record['uuid']);
    if (uuid !== undefined && !isNew(uuid)) return;
    const isSidechain = record['isSidechain'] === true;
    const parentUuid = idOf(record['parentUuid']);
    const above = parentUuid === undefined ? undefined : places.get(parentUuid);
    const start = isSidechain ? (above?.start ?? uuid) : undefined;
    const thread = isSidechain ? sidechainOf(record, start) : (main ??= newThread(record, undefined));
    const parent = uuid !== undefined && above?.thread === thread ? messageAt(above.step) : undefined;
    const step = stepOf(record, parent, context);
    thread.steps.push(step);
    thread.conversation.add(step);
    context = step.context;
    if (uuid !== undefined) places.add(uuid, { step, thread, start });
  }

  /** One look-up in the set instead of two. */
  function isNew(uuid: string): boolean {
    const { size } = ids;
    return ids.add(uuid).size > size;
  }

  function sidechainOf(record: JsonObject, start: string | undefined): OpenThread {
    const name = idOf(record['agentId']) ?? start ?? 'sidechain';
    const thread = sidechains.get(name) ?? newThread(record, name);
    sidechains.set(name, thread);
    return thread;
  }

  return {
    add,
    all: () => [...(main ? [main] : []), ...sidechains.values()],
  };
}

function newThread(first: JsonObject, name: string | undefined): OpenThread {
  const conversation = createConversation();
  return { name, isSidechain: name !== undefined, opening: openingOf(first), steps: [], conversation };
}

/** Bookkeeping records sit between messages; their nearest message above is used instead. */
function messageAt(step: Step): Step {
  return step.role === 'other' ? (step.parent ?? step) : step;
}
