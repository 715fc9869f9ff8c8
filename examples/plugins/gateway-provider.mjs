/** A provider: a company's gateway that speaks OpenAI's protocol. */
import { definePlugin, openAiCompatible } from 'dd-recipes';

const gateway = openAiCompatible({
  name: 'gateway',
  // How its models are made to keep to a schema, the first choice first.
  techniques: ['json_schema', 'prompt'],
  home: { endpoint: 'https://llm.example.com/v1', api_key: 'GATEWAY_API_KEY', urlVariable: 'GATEWAY_BASE_URL' },
});

export default definePlugin({ name: 'gateway', providers: [gateway] });
