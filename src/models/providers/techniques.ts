import { extraBody } from '../wire/chat-body.js';
import { unwrapAnswer } from '../structured/wrapped-schema.js';
import type { CallError, ChatRequest, ChatTransport, Model, Technique } from '../types.js';

/**
 * The techniques that may be used for a model, in the order in which they are tried. Beside tools it is the prompt, unless
 * the recipe says otherwise: servers that keep an answer to a grammar let the model call no tool, and a tool that must be
 * called leaves no choice.
 */
export function techniquesFor(model: Model, hasTools = false): readonly Technique[] {
  const { endpoint, structuredOutput } = model;
  if (hasTools)
    return [structuredOutput === 'auto' || structuredOutput === 'tool' ? 'prompt' : structuredOutput];
  if (structuredOutput !== 'auto') return [structuredOutput];
  const { techniques, excludes } = endpoint.definition;
  return techniques.filter((technique) => !excludes?.(technique, extraBody(model)));
}

/**
 * What every transport owes to structured output: an answer is of the author's schema, also where another one
 * had to be put around it, and an error says whether the technique is to blame for it.
 */
export function withTechniques(transport: ChatTransport): ChatTransport {
  return {
    async send(request, technique, signal) {
      const outcome = await transport.send(request, technique, signal);
      if (!request.schema) return outcome;
      return outcome.ok
        ? { ok: true, value: unwrapAnswer(outcome.value, request.schema, technique) }
        : { ok: false, error: blameTechnique(outcome.error, request, technique) };
    },
  };
}

/** How servers refuse a technique: none has a code for it. */
const refusals: Readonly<Record<Exclude<Technique, 'prompt'>, RegExp>> = {
  json_schema:
    /response.?format|requested parameters|output.?(?:config|format)|structured.?output|schema|grammar|guided/i,
  tool: /\btool|function|requested parameters|schema|grammar|guided/i,
  json_object: /response.?format|json.?object|schema|grammar/i,
  guided_json: /guided|nvext|structured.?output|schema|grammar/i,
};

/** Marks an error that the technique is to blame for; where it is fixed, says how to leave it. */
function blameTechnique(error: CallError, { model }: ChatRequest, technique: Technique): CallError {
  if (technique === 'prompt') return error;
  const isFailedCall = error.class === 'schema' && technique === 'tool' && model.structuredOutput === 'auto';
  if (isFailedCall) return { ...error, refusesSchema: true };
  if (error.class !== 'invalid-request' && !error.refusesSchema) return error;
  // What comes before is the provider's name, which the author chose.
  const reason = error.message.slice(error.message.indexOf(':'));
  if (!error.refusesSchema && !refusals[technique].test(reason)) return error;
  const { alias, structuredOutput, endpoint } = model;
  if (structuredOutput === 'auto') return { ...error, refusesSchema: true };
  const hint = `${endpoint.provider} does not take \`structured_output: ${technique}\` for this; write \`structured_output: auto\`, or add --set model_configs.${alias}.structured_output=auto`;
  return { ...error, refusesSchema: true, hint };
}
