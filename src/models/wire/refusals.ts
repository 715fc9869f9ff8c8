import type { FailureClass } from '../../core/failure.js';
import type { ErrorBody } from './error-body.js';

/** The parameter that a model does not take, in the words of any server; `undefined` when the error is another. */
export function refusedParameter(status: number, { codes, param, words }: ErrorBody): string | undefined {
  if (
    status < 500 &&
    /role[^]*(?:not|n't) support[^]*system|system (?:role|message)s?[^]*(?:not|n't) support/i.test(words)
  )
    return 'system';
  if (status < 500 && streamWords.test(words)) return 'whole-answers';
  // https://platform.openai.com/docs/guides/error-codes: `param` names what the model does not take.
  if (codes.includes('unsupported_parameter') || codes.includes('unsupported_value'))
    return param ?? namesIn(words)[0];
  if (status !== 400 && status !== 404 && status !== 422) return undefined;
  // OpenAI, behind a gateway on this machine: "'maxLength' is not permitted".
  if (/\b(?:min|max)Length\b/.test(words) && refusalWords.test(words)) return 'maxLength';
  const names = namesIn(words);
  // Of two that exclude one another, the first is left.
  if (/cannot both|can't both|only one of/i.test(words)) return names[1];
  if (!refusalWords.test(words)) return undefined;
  return parameterNames.find((name) => name === param) ?? names[0];
}

/** True when the server refuses the way in which JSON was asked for, not the request. */
export function refusesSchema(status: number, failureClass: FailureClass, { words }: ErrorBody): boolean {
  if (failureClass === 'invalid-request')
    return (status === 400 || status === 404 || status === 422) && schemaWords.test(words);
  // llama.cpp's server in Python validates with a 500.
  return failureClass === 'overload' && (status === 500 || status === 501) && schemaWordsOf500.test(words);
}

const parameterNames = [
  'temperature',
  'top_p',
  'max_completion_tokens',
  'max_tokens',
  'stream_options',
] as const;
const anyParameterName = new RegExp(`\\b(?:${parameterNames.join('|')})\\b`, 'g');

/** The parameters that are named, in order. */
function namesIn(words: string): readonly string[] {
  return words.match(anyParameterName) ?? [];
}

/** DashScope: "only support stream mode"; Fireworks: "must have stream=true"; Qwen 3: "for non-streaming calls". */
const streamWords =
  /only supports? (?:the )?stream|(?:must|need to|has to|have to) (?:be|have|set|use|enable) [`'"]?stream(?:ing\b|[`'"]? ?(?:=|:|to) ?true)|enable the stream|non-?stream\w*[^.]{0,40}(?:not|n't|un)[^.]{0,12}support|(?:set to false )?for non-streaming calls/i;
const refusalWords =
  /unsupported|(?:not|n't) (?:be )?(?:support|allow|permit|accept|specif)|only [^.]{0,40}(?:allowed|supported|permitted)|deprecated|extra (?:inputs|fields)|unrecogni[sz]ed|unknown (?:name|field|parameter|argument)|unexpected/i;
/** Anthropic: "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'", so none with a space. */
const schemaWords = /response.?format|json.?schema|structured.?output|guided|grammar|property keys/i;
const schemaWordsOf500 =
  /grammar|(?:response.?format|json.?schema|json_object|structured.?output|guided)[^]*(?:support|invalid|input should be|unknown|unimplemented)|input should be[^]*json_object/i;
