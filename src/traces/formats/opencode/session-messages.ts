/** Messages of version 2 of the session engine: whole, by type. */
import type { Json, JsonObject } from '../../../core/json.js';
import { contentBlocks, textBlock, withoutData } from '../../content.js';
import { distinctTexts, filled, firstText, idOf, listOf, objectOf, objectsOf, textOf } from '../../fields.js';
import { objectsIn, type Skips } from '../../skips.js';
import type { CallPart, Transcript } from '../../transcript.js';

/** Changes of the agent, the model and the place, and marks of the end of a turn. */
const NOTES: ReadonlySet<Json | undefined> = new Set([
  'agent-switched',
  'model-switched',
  'location-switched',
  'idle',
]);

export function addSessionMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { type, text } = message;
  switch (type) {
    case 'user': {
      const files = objectsOf(message['files']).map((file) => ({ ...withoutData(file), type: 'file' }));
      const typed = textOf(text);
      return transcript.addMessage('user', [...(typed === undefined ? [] : [textBlock(typed)]), ...files]);
    }
    case 'synthetic':
    case 'skill':
      return transcript.addMessage('user', text, 'meta');
    case 'system':
      return transcript.addMessage('system', text, 'meta');
    case 'shell': {
      // In the words that the model gets.
      const output = textOf(objectOf(message['output'])['output']) ?? '';
      return transcript.addMessage('user', `Shell command: ${textOf(message['command']) ?? ''}\n\n${output}`);
    }
    case 'assistant':
      return addAnswer(transcript, message, skips);
    case 'compaction':
      if (message['status'] !== 'running') transcript.addMessage('system', message['summary'], 'summary');
      return;
    default:
      if (!NOTES.has(type)) skips.add('messages of an unknown type');
  }
}

function addAnswer(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const content: Json[] = [];
  const reasoning: (Json | undefined)[] = [];
  const calls: CallPart[] = [];
  const items = objectsIn(message['content'], skips, 'parts');
  for (const item of items) {
    const { type, text, name, state } = item;
    if (type === 'text') content.push(textBlock(textOf(text) ?? ''));
    else if (type === 'reasoning') reasoning.push(text);
    else if (type !== 'tool') skips.add('parts of an unknown type');
    else if (textOf(name) === undefined) skips.add('tool calls without a name');
    else calls.push({ id: callIdOf(item), name: String(name), arguments: objectOf(state)['input'] });
  }
  const said = content.filter((block) => objectOf(block)['text'] !== '');
  transcript.addAssistant({ content: contentBlocks(said), reasoning: distinctTexts(reasoning), calls });
  for (const item of items) if (item['type'] === 'tool') addResult(transcript, item);
  const { message: failure, type: kind } = objectOf(message['error']);
  transcript.addMessage('system', textOf(failure) ?? textOf(kind), 'error');
}

/** Early builds had a number of their own for the call. */
function callIdOf({ callID, id }: JsonObject): string | undefined {
  return idOf(callID) ?? idOf(id);
}

function addResult(transcript: Transcript, item: JsonObject): void {
  const { status, content, error, result, structured } = objectOf(item['state']);
  const isError = status === 'error';
  if (!isError && status !== 'completed') return;
  const blocks = filled(listOf(content));
  const failure = isError ? firstText([objectOf(error)['message'], error]) : undefined;
  const output =
    failure === undefined ? (blocks ?? result ?? structured ?? '') : [failure, ...(blocks ?? [])];
  transcript.addResult(callIdOf(item), output, isError);
}
