import type { JsonObject } from '../../../core/json.js';
import { createConversation, type Conversation } from './conversation.js';
import { NO_SCENE, stepOf, type Step } from './steps.js';
import { openingOf } from './sub-agents.js';
import { idOf } from '../../fields.js';
import { createLateIndex } from '../../late-index.js';

/** The records of one conversation. */
export interface Thread {
  /** Tells the sub-agents of a session apart; `undefined` for the session itself. */
  readonly name: string | undefined;
  readonly isSidechain: boolean;
  /** What it starts with: the task of a sub-agent. */
  readonly opening: string | undefined;
  readonly steps: readonly Step[];
  /** The steps as a conversation, if none of them was given up. */
  readonly conversation: Conversation;
}

/**
 * The conversations in a session file: the session itself and, where older versions wrote sub-agents
 * into the same file, each of those. A sub-agent is known by its agent id or, failing that, by the
 * record its conversation starts with. Records that occur twice, as in resumed files, count once.
 */
export interface Threads {
  add(record: JsonObject): void;
  /** The session itself, if it says anything, and then its sub-agents. */
  all(): readonly Thread[];
}

interface OpenThread extends Thread {
  readonly steps: Step[];
}

/** Where a record stands. */
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
  let scene = NO_SCENE;

  function add(record: JsonObject): void {
    const uuid = idOf(record['uuid']);
    if (uuid !== undefined && !isNew(uuid)) return;
    const isSidechain = record['isSidechain'] === true;
    const parentUuid = idOf(record['parentUuid']);
    const above = parentUuid === undefined ? undefined : places.get(parentUuid);
    const start = isSidechain ? (above?.start ?? uuid) : undefined;
    const thread = isSidechain ? sidechainOf(record, start) : (main ??= newThread(record, undefined));
    const parent = uuid !== undefined && above?.thread === thread ? messageAt(above.step) : undefined;
    const step = stepOf(record, parent, scene);
    thread.steps.push(step);
    thread.conversation.add(step);
    scene = step.scene;
    if (uuid !== undefined) places.add(uuid, { step, thread, start });
  }

  /** Asks the set once where it could be asked twice. */
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

/** Looks through bookkeeping records, which stand between messages, at the messages above them. */
function messageAt(step: Step): Step {
  return step.role === 'other' ? (step.parent ?? step) : step;
}
