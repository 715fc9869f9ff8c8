/** Messages of the first layout: facts, and parts by type. */
import type { JsonObject } from '../../../core/json.js';
import { contentBlocks, textBlock, withoutData } from '../../content.js';
import { distinctTexts, idOf, objectOf, textOf } from '../../fields.js';
import type { ContentBlock } from '../../message.js';
import { objectsIn, type Skips } from '../../skips.js';
import type { CallPart, Transcript } from '../../transcript.js';

export function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const info = objectOf(message['info']);
  const parts = objectsIn(message['parts'], skips, 'parts');
  if (info['role'] === 'user') return addPrompt(transcript, parts);
  if (info['role'] !== 'assistant') return skips.add('messages with an unknown role');
  const kind = info['summary'] === true ? ('summary' as const) : undefined;
  for (const part of parts) addPart(transcript, part, idOf(info['id']), kind, skips);
  const { name, data } = objectOf(info['error']);
  transcript.addMessage('system', textOf(objectOf(data)['message']) ?? textOf(name), 'error');
}

/** Synthetic texts are written by OpenCode: contents of files, reminders. */
function addPrompt(transcript: Transcript, parts: readonly JsonObject[]): void {
  const typed: ContentBlock[] = [];
  const synthetic: ContentBlock[] = [];
  for (const part of parts) {
    const { type, text } = part;
    if (part['ignored'] === true) continue;
    const list = part['synthetic'] === true ? synthetic : typed;
    if (type === 'text' && textOf(text) !== undefined) list.push(textBlock(textOf(text) ?? ''));
    else if (type === 'file') list.push({ ...withoutData(part), type: 'file' });
    else if (type === 'subtask') list.push(...contentBlocks(part['prompt']));
  }
  if (typed.length > 0) transcript.addMessage('user', typed);
  if (synthetic.length > 0) transcript.addMessage('user', synthetic, 'meta');
}

function addPart(
  transcript: Transcript,
  part: JsonObject,
  messageId: string | undefined,
  kind: 'summary' | undefined,
  skips: Skips,
): void {
  const { type, text } = part;
  // Without an id the parts could not be joined.
  const response = messageId ?? 'answer';
  if (type === 'text') {
    const said = textOf(text);
    if (said !== undefined) transcript.addAssistant({ response, content: [textBlock(said)], kind });
  } else if (type === 'reasoning') {
    transcript.addAssistant({ response, reasoning: distinctTexts([text]), kind });
  } else if (type === 'tool') addCall(transcript, part, response, skips);
  // The results of the step before are known.
  else if (type === 'step-start') transcript.add({ kind: 'end' });
}

function addCall(transcript: Transcript, part: JsonObject, response: string, skips: Skips): void {
  const { callID, tool, state } = part;
  const { status, input, output, error, metadata } = objectOf(state);
  const name = textOf(tool);
  if (name === undefined) return skips.add('tool calls without a name');
  const id = idOf(callID) ?? idOf(part['id']);
  const call: CallPart = { id, name, arguments: input };
  transcript.addAssistant({ response, calls: [call] });
  const isError = status === 'error';
  const result = isError ? (error ?? output) : (output ?? objectOf(metadata)['output']);
  if (id !== undefined && result !== undefined) transcript.addResult(id, result, isError);
}
