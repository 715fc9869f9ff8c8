import { isObject, type Json, type JsonObject, type JsonSchema } from '../../core/json.js';
import type { Technique } from '../types.js';
import type { ProviderType } from '../../core/config.js';

/**
 * What is particular about one type of provider. A new one that speaks OpenAI's protocol is an entry of
 * `providerTypes`; one with a protocol of its own is also a transport, named in `transports.ts`.
 */
export interface ProviderTraits {
  /** The protocol it speaks. */
  readonly wire: 'openai' | 'anthropic';
  /** How its models can be made to keep to a schema, the first choice first. */
  readonly techniques: readonly Technique[];
  /** Whether a technique cannot go together with what else stands in the body. */
  readonly excludes?: (technique: Technique, body: JsonObject) => boolean;
  /** The header that carries the key. */
  readonly keyHeader: (key: string) => Readonly<Record<string, string>>;
  /** The keys of a body that ask for `guided_json`. */
  readonly guidedJson?: (schema: JsonSchema) => JsonObject;
  /** Where it is when no recipe says so. */
  readonly home?: ProviderHome;
  /** Where it may be, for types whose address has the name of an account in it: recipes have to say it. */
  readonly example?: ProviderHome;
  /** The end of an endpoint that is not part of the base URL, when someone writes it too. */
  readonly path: RegExp;
}

interface ProviderHome {
  readonly endpoint: string;
  /** NAME of the variable that holds the key. */
  readonly api_key?: string;
  /** Variable that moves it elsewhere, as the provider's own SDK understands it. */
  readonly urlVariable?: string;
  /** Headers whose values are in variables, by header: sent to this address only. */
  readonly headerVariables?: Readonly<Record<string, string>>;
}

/** OpenAI, and what is true of every server that is compatible with it. */
const openai: ProviderTraits = {
  wire: 'openai',
  techniques: ['json_schema', 'tool', 'prompt'],
  keyHeader: (key) => ({ Authorization: `Bearer ${key}` }),
  path: /\/chat\/completions$/,
};

/** By the value of `provider_type`. */
export const providerTypes: Readonly<Record<ProviderType, ProviderTraits>> = {
  // https://docs.nvidia.com/nim/large-language-models/1.5.0/structured-generation.html
  nvidia: {
    ...openai,
    techniques: ['json_schema', 'guided_json', 'tool', 'prompt'],
    guidedJson: (schema) => ({ nvext: { guided_json: schema } }),
    home: { endpoint: 'https://integrate.api.nvidia.com/v1', api_key: 'NVIDIA_API_KEY' },
  },
  openai: {
    ...openai,
    home: {
      endpoint: 'https://api.openai.com/v1',
      api_key: 'OPENAI_API_KEY',
      urlVariable: 'OPENAI_BASE_URL',
      headerVariables: {
        'OpenAI-Organization': 'OPENAI_ORG_ID',
        'OpenAI-Project': 'OPENAI_PROJECT_ID',
      },
    },
  },
  openrouter: {
    ...openai,
    home: { endpoint: 'https://openrouter.ai/api/v1', api_key: 'OPENROUTER_API_KEY' },
  },
  // A forced tool takes any schema, on every model; `output_config` only takes part of JSON Schema, on newer
  // ones. https://platform.claude.com/docs/en/build-with-claude/structured-outputs
  anthropic: {
    wire: 'anthropic',
    techniques: ['tool', 'json_schema', 'prompt'],
    excludes: (technique, body) => technique === 'tool' && thinks(body['thinking']),
    keyHeader: (key) => ({ 'x-api-key': key }),
    path: /(?:\/v1)?(?:\/messages)?$/,
    home: {
      endpoint: 'https://api.anthropic.com',
      api_key: 'ANTHROPIC_API_KEY',
      urlVariable: 'ANTHROPIC_BASE_URL',
    },
  },
  azure: {
    ...openai,
    keyHeader: (key) => ({ 'api-key': key }),
    example: { endpoint: 'https://NAME.openai.azure.com/openai/v1', api_key: 'AZURE_OPENAI_API_KEY' },
  },
  // Neither of the two lets a tool be forced.
  ollama: {
    ...openai,
    techniques: ['json_schema', 'prompt'],
    home: { endpoint: 'http://127.0.0.1:11434/v1' },
  },
  lmstudio: {
    ...openai,
    techniques: ['json_schema', 'prompt'],
    home: { endpoint: 'http://127.0.0.1:1234/v1' },
  },
  // `guided_json` takes the author's schema as it stands. It was replaced by `structured_outputs` in 0.12; a
  // version that does not know one of the two ignores it. https://docs.vllm.ai/en/latest/features/structured_outputs/
  vllm: {
    ...openai,
    techniques: ['guided_json', 'json_schema', 'tool', 'prompt'],
    guidedJson: (schema) => ({ guided_json: schema, structured_outputs: { json: schema } }),
    home: { endpoint: 'http://127.0.0.1:8000/v1' },
  },
};

/** Extended thinking forbids a forced tool: "Thinking may not be enabled when tool_choice forces tool use". */
function thinks(thinking: Json | undefined): boolean {
  return isObject(thinking) && thinking['type'] !== 'disabled';
}
