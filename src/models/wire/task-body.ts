/**
 * Requests for embeddings and images in the form of OpenAI-compatible servers, and how their answers are read.
 *
 * @see https://platform.openai.com/docs/api-reference/embeddings and /docs/api-reference/images
 */
import type { ImageRoute } from '../../core/config.js';
import { isObject, shallowJsonIn, type Json, type JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Answer, CallError, ChatRequest, Model } from '../types.js';
import { errorOfResponse, notAnAnswer } from './call-errors.js';
import { chatBody, withExtraBody } from './chat-body.js';
import { kindOfBody, tokenCount } from './error-body.js';

/** Parts of the names of models that make images and nothing else, as in Data Designer. */
const IMAGE_MODELS = ['dall-e-', 'dalle', 'stable-diffusion', 'sd-', 'sd_', 'imagen', 'gpt-image-'];

export function imageRoute({ model, imageRoute: given }: Pick<Model, 'model' | 'imageRoute'>): ImageRoute {
  const name = model.toLowerCase();
  return given ?? (IMAGE_MODELS.some((part) => name.includes(part)) ? 'generations' : 'chat');
}

export interface TaskCall {
  readonly path: string;
  readonly body: JsonObject;
  /** Reads the body of a success. An image may still be an address. */
  readonly read: (body: string, model: Model) => Result<Answer, CallError>;
}

/** @param readChat reads the words of a chat completion */
export function taskCall(
  request: ChatRequest & Required<Pick<ChatRequest, 'task'>>,
  readChat: (body: string, model: Model) => Result<Answer, CallError>,
): TaskCall {
  const { model, messages, task } = request;
  const { stream: _, encoding_format, dimensions, ...parameters } = model.parameters;
  const texts = messages.map(({ content }) => content);
  if (task === 'embedding') {
    const given = { ...(encoding_format && { encoding_format }), ...(dimensions && { dimensions }) };
    return {
      path: '/embeddings',
      body: withExtraBody({ model: model.model, input: texts, ...given }, model),
      read: (body) => readEmbeddings(body, model, texts.length),
    };
  }
  if (imageRoute(model) === 'generations')
    return {
      path: '/images/generations',
      body: withExtraBody({ model: model.model, prompt: texts.join('\n\n') }, model),
      read: readGeneratedImages,
    };
  return {
    path: '/chat/completions',
    body: chatBody({ model: { ...model, parameters }, messages }, 'prompt'),
    read: (body) => readChatImages(body, readChat(body, model)),
  };
}

function readEmbeddings(body: string, model: Model, wanted: number): Result<Answer, CallError> {
  const answer = successOf(body, model);
  if (!answer.ok) return answer;
  const entries = listOf(answer.value['data']).filter(isObject);
  const sorted = entries.every(({ index }) => typeof index === 'number')
    ? entries.toSorted((a, b) => Number(a['index']) - Number(b['index']))
    : entries;
  const vectors = sorted.map(({ embedding }) => vectorOf(embedding));
  if (vectors.length !== wanted || vectors.includes(undefined))
    return err(notAnAnswer(model, `${vectors.length} embeddings for ${wanted} texts`, body, 'embeddings'));
  return ok(answerOf(JSON.stringify(vectors), answer.value));
}

/** As numbers, or as the base64 of 32 bit floats, the lowest byte first. */
function vectorOf(embedding: Json | undefined): readonly number[] | undefined {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64');
    if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  }
  const numbers = listOf(embedding);
  return numbers.length > 0 && numbers.every((value) => typeof value === 'number')
    ? (numbers as readonly number[])
    : undefined;
}

function readGeneratedImages(body: string, model: Model): Result<Answer, CallError> {
  const answer = successOf(body, model);
  if (!answer.ok) return answer;
  const images = listOf(answer.value['data']).flatMap(imageIn);
  if (images.length === 0) return err(notAnAnswer(model, 'no images', body, 'images'));
  return ok(answerOf(JSON.stringify(images), answer.value));
}

/** `images` of the message (OpenRouter), parts of its content, or a content that is an image itself. */
function readChatImages(body: string, words: Result<Answer, CallError>): Result<Answer, CallError> {
  if (!words.ok) return words;
  const completion = shallowJsonIn(body);
  const choice: Json | undefined = isObject(completion) ? listOf(completion['choices'])[0] : undefined;
  const message = isObject(choice) && isObject(choice['message']) ? choice['message'] : {};
  const { images: beside, content } = message;
  const found = [listOf(beside), listOf(content), [content ?? null]]
    .map((places) => places.flatMap(imageIn))
    .find((images) => images.length > 0);
  return found ? ok({ ...words.value, text: JSON.stringify(found) }) : words;
}

/** Base64 or an http address, wherever servers put it. */
function imageIn(place: Json): readonly string[] {
  if (typeof place === 'string') {
    const text = place.trim();
    const data = /^data:image\/[\w.+-]+;base64,/.exec(text);
    if (data) return [text.slice(data[0].length)];
    // Base64 may be in lines, but has no blanks.
    const isImage =
      /^https?:\/\/\S+$/.test(text) || (text.length > 64 && /^[A-Za-z0-9+/\r\n]+={0,2}$/.test(text));
    return isImage ? [text] : [];
  }
  if (!isObject(place)) return [];
  const { b64_json: data, image_url, url } = place;
  if (typeof data === 'string' && !data.startsWith('data:')) return [data];
  const inner = data ?? image_url ?? url;
  return inner === undefined || inner === null ? [] : imageIn(inner);
}

function successOf(body: string, model: Model): Result<JsonObject, CallError> {
  const answer = shallowJsonIn(body);
  if (!isObject(answer)) return err(notAnAnswer(model, kindOfBody(body, answer), body, 'JSON'));
  if (!isObject(answer['error'])) return ok(answer);
  const response = { status: 502, headers: { get: () => null }, body };
  return err(errorOfResponse(response, model));
}

function answerOf(text: string, { usage, model }: JsonObject): Answer {
  const counts = isObject(usage) ? usage : {};
  const input = tokenCount(counts['prompt_tokens']) ?? tokenCount(counts['input_tokens']);
  const output = tokenCount(counts['completion_tokens']) ?? tokenCount(counts['output_tokens']);
  return {
    text,
    finishReason: 'stop',
    // Vectors have no tokens of their own.
    usage: {
      input,
      output: output ?? (input === undefined ? undefined : 0),
      cached: undefined,
      reasoning: undefined,
    },
    ...(typeof model === 'string' && { model }),
  };
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
