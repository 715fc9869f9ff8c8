/**
 * Batches of Gemini by its API in OpenAI's form, which `dd` also asks online: the same bodies, and the same answers.
 * Only files are its own: they are uploaded and downloaded beside it.
 * https://ai.google.dev/gemini-api/docs/openai#batch and https://ai.google.dev/api/files
 */
import { Readable } from 'node:stream';
import { isObject, type Json } from '../../../core/json.js';
import { httpUrl } from '../../providers/endpoint-url.js';
import { readKey } from '../../providers/providers.js';
import type { Fetch } from '../../wire/http-fetch.js';
import { downloadFiles, followRedirects } from '../download-files.js';
import { callProvider } from '../provider-call.js';
import { createStreamingFetch, fileBody } from '../streaming-fetch.js';
import type { BatchClient, BatchProtocol } from '../types.js';
import { openBatches, type Called } from './openai.js';

const MB = 1_000_000;

export const geminiBatch: BatchProtocol = {
  name: 'gemini-batch',
  summary: 'Gemini',
  serves({ definition, provider, url }) {
    if (definition.protocol.name !== 'openai-chat') return 'no';
    const isGoogle = httpUrl(url)?.hostname === 'generativelanguage.googleapis.com';
    return isGoogle || provider === 'gemini' ? 'known' : 'no';
  },
  limits: () => ({ requests: 100_000, bytes: 2000 * MB - MB }),
  priceShare: 0.5,
  open: (endpoint, env, route) => openGemini({ endpoint, env, route }),
};

function openGemini(called: Called): BatchClient {
  const { endpoint, env, route } = called;
  const origin = httpUrl(endpoint.url)?.origin ?? '';
  // The files take no `Authorization: Bearer`.
  const key = readKey(endpoint, env);
  const headers = { ...endpoint.headers, ...(key !== undefined && { 'x-goog-api-key': key }) };
  const batches = openBatches(called, { isUnnamed: true });
  return {
    ...batches,

    async submit(batch, signal) {
      if (batch.upload !== undefined) return batches.submit(batch, signal);
      const uploaded = await callProvider({ ...called, signal }, async () => {
        const send = createStreamingFetch(await route.open());
        return upload(send, `${origin}/upload/v1beta/files`, headers, batch, signal);
      });
      if (!uploaded.ok) return uploaded;
      await batch.onUploaded(uploaded.value);
      return batches.submit({ ...batch, upload: uploaded.value }, signal);
    },

    download: ({ results = [] }, folder, signal) =>
      callProvider({ ...called, signal }, async () => {
        const send = createStreamingFetch(await route.open());
        return downloadFiles(results, folder, signal, (name) => {
          const address = `${origin}/download/v1beta/${name}:download?alt=media`;
          const first = (): Promise<Response> => send(address, { headers, signal });
          return followRedirects(first, send, { url: address, headers }, signal);
        });
      }),
  };
}

/** In two steps: the answer to the first has the address that takes the file, without the key. */
async function upload(
  send: Fetch,
  address: string,
  headers: Readonly<Record<string, string>>,
  { id, file }: { readonly id: string; readonly file: string },
  signal: AbortSignal,
): Promise<string> {
  const { body, headers: about } = await fileBody(file);
  const begun = await send(address, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': about['content-length'] ?? '',
      'x-goog-upload-header-content-type': 'application/jsonl',
    },
    body: JSON.stringify({ file: { display_name: id } }),
    signal,
  });
  await begun.text();
  const made = await send(begun.headers.get('x-goog-upload-url') ?? '', {
    method: 'POST',
    headers: { ...about, 'x-goog-upload-offset': '0', 'x-goog-upload-command': 'upload, finalize' },
    body: Readable.toWeb(body) as unknown as ReadableStream,
    signal,
  });
  const given = (await made.json()) as Json;
  const name = isObject(given) && isObject(given['file']) ? given['file']['name'] : undefined;
  if (typeof name === 'string' && /^files\/[\w-]+$/.test(name)) return name;
  throw new Error('the response names no file');
}
