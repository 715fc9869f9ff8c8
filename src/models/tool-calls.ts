/**
 * The turns of a conversation in which the model calls tools. What a tool answers is stored before the model reads it,
 * under the request that the model answered, the number of the call, the tool, its server and its arguments: a run that
 * was killed calls no tool a second time. What a tool cannot do is said to the model as a result of the tool, as agents do
 * it: an unknown name, arguments that are no JSON, an error of the tool. An error of the server itself ends the cell.
 */
import { hash } from 'node:crypto';
import { canonicalJson, isObject, jsonIn, shallowJsonIn, type Json, type JsonObject } from '../core/json.js';
import { oneLine } from '../core/one-line.js';
import { err, ok, type Result } from '../core/result.js';
import type {
  Answer,
  AnswerStore,
  CallError,
  MediaPart,
  SpokenMessage,
  ToolCall,
  ToolKit,
  ToolResult,
} from './types.js';

/** One turn: the calls of an answer. */
export interface ToolTurn {
  readonly kit: ToolKit;
  readonly calls: readonly ToolCall[];
  /** Of the request that the model answered with these calls. */
  readonly requestKey: string;
  /** The turn is beyond the budget: nothing is called. */
  readonly isRefused: boolean;
  /** Use stored results and call nothing. */
  readonly cacheOnly: boolean;
  /** Ends calls in flight. */
  readonly signal: AbortSignal;
  /** A tool was called, or its stored result was taken. */
  readonly onCall: (tool: string, isStored: boolean) => void;
}

/** Answers every call of a turn, at the same time; the messages are in the order of the calls. */
export type ToolCalls = (turn: ToolTurn) => Promise<Result<readonly SpokenMessage[], CallError>>;

/** So many calls of one turn are made; the others are refused. */
const mostCalls = 64;

/** @param stop once aborted, no call is begun */
export function createToolCalls(store: AnswerStore, reuse: boolean, stop: AbortSignal): ToolCalls {
  const inFlight = new Map<string, Promise<Result<ToolResult, CallError>>>();
  return async (turn) => {
    const results = await Promise.all(turn.calls.map((call, index) => answerCall(call, index, turn)));
    const messages: SpokenMessage[] = [];
    for (const [index, result] of results.entries()) {
      if (!result.ok) return result;
      messages.push(toolMessage(turn.calls[index]?.id ?? '', result.value));
    }
    return ok(messages);
  };

  async function answerCall(
    call: ToolCall,
    index: number,
    turn: ToolTurn,
  ): Promise<Result<ToolResult, CallError>> {
    const { kit } = turn;
    if (turn.isRefused) return ok({ text: REFUSAL });
    if (index >= mostCalls) return ok(failed(`not called: one turn may call ${mostCalls} tools`));
    const names = kit.definitions.map(({ name }) => name);
    if (!names.includes(call.name))
      return ok(
        failed(`there is no tool ${JSON.stringify(oneLine(call.name, 80))}; there are: ${names.join(', ')}`),
      );
    const given = argumentsOf(call);
    if (!given.ok) return ok(failed(given.error));
    const key = keyOfResult(call.name, given.value, index, turn);
    const stored = reuse ? store.get(key) : undefined;
    const known = stored && readResult(stored.text);
    if (known) {
      turn.onCall(call.name, true);
      return ok(known);
    }
    if (turn.cacheOnly) return err(notStored);
    const shared = inFlight.get(key);
    if (shared) return shared;
    if (stop.aborted) return err(notCalled);
    turn.onCall(call.name, false);
    const made = callAndStore(call.name, given.value, key, turn).finally(() => inFlight.delete(key));
    inFlight.set(key, made);
    return made;
  }

  async function callAndStore(
    name: string,
    given: JsonObject,
    key: string,
    { kit, signal }: ToolTurn,
  ): Promise<Result<ToolResult, CallError>> {
    const called = await kit.call(name, given, signal);
    if (called.ok) await store.put(key, storedResult(called.value));
    return called;
  }
}

/** Data Designer's words. */
const REFUSAL =
  'Tool call refused: You have reached the maximum number of tool-calling turns. Please provide your final response without requesting additional tool calls.';

const failed = (text: string): ToolResult => ({ text: `Error: ${text}`, isError: true });

const notCalled: CallError = {
  class: 'stopped',
  message: 'the run was stopped before this tool was called',
};

const notStored: CallError = {
  class: 'stopped',
  message: 'no result of the tool is stored, and this run uses stored answers only',
};

function argumentsOf({ name, arguments: given }: ToolCall): Result<JsonObject, string> {
  const value = given.trim() === '' ? {} : shallowJsonIn(given);
  if (isObject(value)) return ok(value);
  return err(`the arguments of ${name} are no JSON object: ${oneLine(given, 200)}`);
}

function keyOfResult(tool: string, given: JsonObject, index: number, { kit, requestKey }: ToolTurn): string {
  const parts = [requestKey, index, kit.identityOf(tool), tool, given];
  return hash('sha256', canonicalJson({ tool_result: parts }));
}

function toolMessage(toolCallId: string, { text, media, isError }: ToolResult): SpokenMessage {
  return {
    role: 'tool',
    content: text,
    toolCallId,
    ...(media && media.length > 0 && { media }),
    ...(isError && { isError }),
  };
}

/** A result in the form of an answer, as the store keeps them. */
function storedResult(result: ToolResult): Answer {
  const usage = { input: undefined, output: undefined, cached: undefined, reasoning: undefined };
  return { text: JSON.stringify(result), finishReason: 'stop', usage };
}

function readResult(text: string): ToolResult | undefined {
  const value = jsonIn(text);
  if (!isObject(value) || typeof value['text'] !== 'string') return undefined;
  const media: readonly Json[] = Array.isArray(value['media']) ? value['media'] : [];
  return {
    text: value['text'],
    ...(media.length > 0 && { media: media as unknown as readonly MediaPart[] }),
    ...(value['isError'] === true && { isError: true }),
  };
}
