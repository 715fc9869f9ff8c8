import type { ServerResponse } from 'node:http';
import { readPicture } from '../../dataset/media.js';
import { contextPlaceIn } from '../query/context-path.js';
import type { OpenDataset } from './dataset.js';
import { HEADERS } from './guard.js';

/**
 * Sends a picture of a dataset as what its bytes are: PNG, JPEG, GIF or WebP. Nothing else is sent, SVG among it, which
 * can have scripts; were a browser to take a picture for a page, the policy would let it do nothing.
 */
export async function sendPicture(
  response: ServerResponse,
  dataset: OpenDataset,
  path: string,
): Promise<void> {
  const place = contextPlaceIn(path);
  const picture = await (place ? dataset.contextPicture(place) : readPicture(dataset.folder, path));
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
