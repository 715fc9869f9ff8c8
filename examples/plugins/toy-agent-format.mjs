/** A trace format: JSON Lines of `{ "toy": 1, "from": "me" | "agent", "say": "…" }`, in ~/.toy-agent. */
import { join } from 'node:path';
import { createTranscript, definePlugin } from 'dd-recipes';

const toyAgent = {
  name: 'toy_agent',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => [env.TOY_AGENT_HOME ?? join(homeDir, '.toy-agent')],
  owns: (path) => path.endsWith('.jsonl'),
  // By what only this tool writes, never by the file's name.
  recognises: (content) => content.kind === 'lines' && content.records.some(({ toy }) => toy === 1),
  parse({ content, stem }) {
    const transcript = createTranscript();
    for (const { from, say } of content.kind === 'lines' ? content.records : [])
      transcript.addMessage(from === 'agent' ? 'assistant' : 'user', say);
    const trace = { traceId: stem, rootSessionId: stem, messages: transcript.messages(), meta: {} };
    return { traces: [trace], skipped: [] };
  },
};

export default definePlugin({ name: 'toy-agent', formats: [toyAgent] });
