/** The messages of an agent: those of its longest conversation, with the results that only tool spans have. */
import type { Message } from '../../message.js';
import { contentBlocks } from '../../content.js';
import { createOpenCalls, type OpenCalls } from '../../open-calls.js';
import type { Skips } from '../../skips.js';
import { createTranscript, type Transcript } from '../../transcript.js';
import type { Agent } from './agents.js';
import { argumentsOf, callIdOf, inputOf, outputOf, resultOf, toolNameOf } from './exchange.js';
import type { Said } from './said.js';
import type { Span } from './spans.js';
import { isPartOf, longestOf, threadsOf, type ModelCall, type Thread } from './threads.js';

export interface Conversation {
  readonly messages: readonly Message[];
  /** How many answers were replaced by another one. */
  readonly replaced: number;
}

export function conversationOf(agent: Agent, skips: Skips): Conversation {
  const threads = threadsOf(exchanges(agent.calls, skips));
  const main = longestOf(threads);
  for (const thread of threads) {
    if (!main || thread === main || isPartOf(thread, main)) continue;
    for (let call = 0; call < thread.callCount; call += 1) skips.add('model calls outside the conversation');
  }
  const tools = agent.spans.filter(({ kind }) => kind === 'tool');
  const said = main ? messagesOf(main, agent) : messagesAround(agent.top, tools);
  return { messages: withResults(said, tools, skips), replaced: main?.replaced ?? 0 };
}

/** One call at a time: each repeats the messages of the calls before it. */
function* exchanges(calls: readonly Span[], skips: Skips): Iterable<ModelCall> {
  for (const span of calls) {
    const input = inputOf(span);
    const output = outputOf(span);
    if (input.length + output.length > 0) yield { span, input, output };
    else skips.add('model calls without messages');
  }
}

/** Without a recorded prompt, what the agent was asked begins the conversation. */
function messagesOf({ system, said }: Thread, { top }: Agent): readonly Said[] {
  const hasInput = said.some(({ role }) => role === 'user');
  return hasInput ? [...system, ...said] : [...system, ...inputOf(top).filter(isNoAnswer), ...said];
}

function isNoAnswer({ role }: Said): boolean {
  return role !== 'assistant' && role !== 'tool';
}

/** Where no model call has messages: what went in at the top, the tools, and what came out. */
function messagesAround(top: Span, tools: readonly Span[]): readonly Said[] {
  const input = inputOf(top);
  // Some agents record the whole conversation.
  if (input.some(({ role }) => role === 'assistant')) return input;
  const used = tools.filter((tool) => tool !== top);
  return [...input, ...used.map(callBy), ...outputOf(top)];
}

function callBy(tool: Span): Said {
  const call = { id: callIdOf(tool) ?? tool.id, name: toolNameOf(tool), arguments: argumentsOf(tool) };
  return { role: 'assistant', content: [], reasoning: [], calls: [call], results: [] };
}

function withResults(said: readonly Said[], tools: readonly Span[], skips: Skips): readonly Message[] {
  const transcript = createTranscript();
  const calls = createOpenCalls();
  const unused = new Set(tools);
  const take = (callId: string | undefined, name: string | undefined): Span | undefined => {
    const found =
      find(unused, (tool) => callId !== undefined && [callIdOf(tool), tool.id].includes(callId)) ??
      find(unused, (tool) => callIdOf(tool) === undefined && toolNameOf(tool) === name);
    if (found) unused.delete(found);
    return found;
  };
  for (const message of said) {
    if (message.results.length === 0) addMissing(transcript, calls, take);
    addMessage(transcript, message, calls, take);
  }
  addMissing(transcript, calls, take);
  for (const tool of unused) if (resultOf(tool) !== undefined) skips.add('tool spans without a call');
  return transcript.messages();
}

function find(spans: Iterable<Span>, test: (span: Span) => boolean): Span | undefined {
  for (const span of spans) if (test(span)) return span;
  return undefined;
}

type Take = (callId: string | undefined, name: string | undefined) => Span | undefined;

/** The results of calls that no message has. */
function addMissing(transcript: Transcript, calls: OpenCalls, take: Take): void {
  for (const { id, name } of calls.waiting()) {
    const tool = take(id, name);
    const result = tool && resultOf(tool);
    if (tool && result !== undefined) transcript.addResult(calls.answer(id, name), result, tool.hasFailed);
  }
}

function addMessage(transcript: Transcript, message: Said, calls: OpenCalls, take: Take): void {
  const { role, content, reasoning, results } = message;
  if (role === 'assistant') {
    transcript.addAssistant({
      content: contentBlocks(content),
      reasoning,
      calls: message.calls.length > 0 ? calls.open(message.calls) : [],
    });
  }
  for (const { callId, name, content: returned, isError } of results) {
    const waiting = calls.waiting().find((call) => call.id === callId) ?? { name };
    const id = calls.answer(callId, name);
    const tool = take(id, waiting.name);
    transcript.addResult(id, returned, isError || tool?.hasFailed === true);
  }
  if (role === 'user' || role === 'system') transcript.addMessage(role, content);
}
