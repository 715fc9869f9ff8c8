import { isObject, type Json } from '../../core/json.js';
import type { ProviderDefinition } from '../types.js';
import { anthropicMessages } from '../wire/anthropic-transport.js';
import { openAiChat } from '../wire/openai-transport.js';

/** Defaults for servers that are compatible with OpenAI's. */
const compatible: Omit<ProviderDefinition, 'name'> = {
  protocol: openAiChat,
  techniques: ['json_schema', 'tool', 'prompt'],
  keyHeader: (key) => ({ Authorization: `Bearer ${key}` }),
  path: /\/chat\/completions$/,
};

// https://docs.nvidia.com/nim/large-language-models/1.5.0/structured-generation.html
const nvidia: ProviderDefinition = {
  name: 'nvidia',
  ...compatible,
  techniques: ['json_schema', 'guided_json', 'tool', 'prompt'],
  guidedJson: (schema) => ({ nvext: { guided_json: schema } }),
  home: { endpoint: 'https://integrate.api.nvidia.com/v1', api_key: 'NVIDIA_API_KEY' },
};

const openai: ProviderDefinition = {
  name: 'openai',
  ...compatible,
  home: {
    endpoint: 'https://api.openai.com/v1',
    api_key: 'OPENAI_API_KEY',
    urlVariable: 'OPENAI_BASE_URL',
    headerVariables: {
      'OpenAI-Organization': 'OPENAI_ORG_ID',
      'OpenAI-Project': 'OPENAI_PROJECT_ID',
    },
  },
};

const openrouter: ProviderDefinition = {
  name: 'openrouter',
  ...compatible,
  home: { endpoint: 'https://openrouter.ai/api/v1', api_key: 'OPENROUTER_API_KEY' },
};

// A forced tool takes any schema, on every model; `output_config` only takes part of JSON Schema, on newer
// ones. https://platform.claude.com/docs/en/build-with-claude/structured-outputs
const anthropic: ProviderDefinition = {
  name: 'anthropic',
  protocol: anthropicMessages,
  techniques: ['tool', 'json_schema', 'prompt'],
  excludes: (technique, body) => technique === 'tool' && thinks(body['thinking']),
  keyHeader: (key) => ({ 'x-api-key': key }),
  path: /(?:\/v1)?(?:\/messages)?$/,
  home: {
    endpoint: 'https://api.anthropic.com',
    api_key: 'ANTHROPIC_API_KEY',
    urlVariable: 'ANTHROPIC_BASE_URL',
  },
};

const azure: ProviderDefinition = {
  name: 'azure',
  ...compatible,
  keyHeader: (key) => ({ 'api-key': key }),
  example: { endpoint: 'https://NAME.openai.azure.com/openai/v1', api_key: 'AZURE_OPENAI_API_KEY' },
};

// None of the three lets a tool be forced.
const ollama: ProviderDefinition = {
  name: 'ollama',
  ...compatible,
  techniques: ['json_schema', 'prompt'],
  sendsLengths: true,
  home: { endpoint: 'http://127.0.0.1:11434/v1' },
};

const lmstudio: ProviderDefinition = {
  name: 'lmstudio',
  ...compatible,
  techniques: ['json_schema', 'prompt'],
  sendsLengths: true,
  home: { endpoint: 'http://127.0.0.1:1234/v1' },
};

const llamacpp: ProviderDefinition = {
  name: 'llamacpp',
  ...compatible,
  techniques: ['json_schema', 'json_object', 'prompt'],
  sendsLengths: true,
  home: { endpoint: 'http://127.0.0.1:8080/v1' },
};

// `guided_json` takes the author's schema unchanged. It was replaced by `structured_outputs` in 0.12; a
// version that does not know one of the two ignores it. https://docs.vllm.ai/en/latest/features/structured_outputs/
const vllm: ProviderDefinition = {
  name: 'vllm',
  ...compatible,
  techniques: ['guided_json', 'json_schema', 'tool', 'prompt'],
  sendsLengths: true,
  guidedJson: (schema) => ({ guided_json: schema, structured_outputs: { json: schema } }),
  home: { endpoint: 'http://127.0.0.1:8000/v1' },
};

/** Every kind of provider, by the value of `provider_type`. A new one is a value like these, and its name here. */
export const providers: readonly ProviderDefinition[] = [
  nvidia,
  openai,
  openrouter,
  anthropic,
  azure,
  ollama,
  lmstudio,
  llamacpp,
  vllm,
];

/** Extended thinking forbids a forced tool: "Thinking may not be enabled when tool_choice forces tool use". */
function thinks(thinking: Json | undefined): boolean {
  return isObject(thinking) && thinking['type'] !== 'disabled';
}

/**
 * A provider that speaks OpenAI's protocol, for plugins: everything but its name has a default.
 *
 * @example
 * openAiCompatible({ name: 'gateway', home: { endpoint: 'https://llm.example.com/v1', api_key: 'GATEWAY_KEY' } });
 */
export const openAiCompatible = (
  definition: Pick<ProviderDefinition, 'name'> & Partial<ProviderDefinition>,
): ProviderDefinition => ({ ...compatible, ...definition });
