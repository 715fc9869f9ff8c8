import type { ServerResponse } from 'node:http';
import { readPicture } from '../../dataset/media.js';
import { HEADERS } from './guard.js';

/**
 * Sends a picture of a dataset as what its bytes are: PNG, JPEG, GIF or WebP. Nothing else is sent, SVG among it, which
 * can have scripts; were a browser to take a picture for a page, the policy would let it do nothing.
 */
export async function sendPicture(response: ServerResponse, folder: string, path: string): Promise<void> {
  const picture = await readPicture(folder, path);
  if (!picture) {
    response.writeHead(404, HEADERS).end();
    return;
  }
  const { bytes, mime } = picture;
  response.writeHead(200, {
    ...HEADERS,
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'content-type': mime,
    'content-length': bytes.length,
  });
  response.end(bytes);
}
