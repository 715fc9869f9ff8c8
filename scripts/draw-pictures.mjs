/**
 * Draws the pictures of templates/image-description: a house, a chart and a boat, as small PNGs.
 *
 *     node scripts/draw-pictures.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const WIDTH = 200;
const HEIGHT = 150;
const FOLDER = new URL('../templates/image-description/image-description-pictures/', import.meta.url);

const SKY = [168, 212, 240];
const WHITE = [255, 255, 255];
const BLACK = [40, 40, 40];
const RED = [200, 60, 50];
const GREEN = [80, 150, 70];
const BROWN = [130, 90, 60];
const YELLOW = [250, 205, 60];
const BLUE = [40, 90, 160];

/** Five rows of three dots each; 4 is the left dot, 2 the middle one, 1 the right one. */
const DIGITS = { 3: '71717', 5: '74717', 8: '75757' };

const pictures = {
  house: [
    rectangle(0, 0, WIDTH, HEIGHT, SKY),
    rectangle(0, 105, WIDTH, 45, GREEN),
    disc(165, 30, 18, YELLOW),
    rectangle(50, 65, 70, 60, WHITE),
    triangle(85, 30, 85, 35, RED),
    rectangle(78, 90, 18, 35, BROWN),
    rectangle(58, 78, 14, 14, BLUE),
    rectangle(101, 78, 14, 14, BLUE),
    rectangle(156, 85, 8, 40, BROWN),
    disc(160, 75, 22, GREEN),
  ],
  chart: [
    rectangle(0, 0, WIDTH, HEIGHT, WHITE),
    ...[
      [3, RED],
      [8, BLUE],
      [5, GREEN],
    ].flatMap(([value, colour], index) => [
      rectangle(30 + index * 55, 130 - value * 12, 35, value * 12, colour),
      digit(value, 42 + index * 55, 110 - value * 12),
    ]),
    rectangle(15, 130, 175, 2, BLACK),
    rectangle(15, 10, 2, 120, BLACK),
  ],
  boat: [
    rectangle(0, 0, WIDTH, HEIGHT, SKY),
    rectangle(0, 100, WIDTH, 50, BLUE),
    disc(35, 28, 15, WHITE),
    disc(55, 28, 15, WHITE),
    rectangle(98, 25, 4, 70, BROWN),
    triangle(125, 30, 42, 55, RED),
    rectangle(65, 93, 80, 16, BROWN),
  ],
};

mkdirSync(FOLDER, { recursive: true });
for (const [name, shapes] of Object.entries(pictures))
  writeFileSync(new URL(`${name}.png`, FOLDER), png(shapes));

/** A shape is a colour and whether a dot is in it. */
function rectangle(left, top, width, height, colour) {
  return { colour, has: (x, y) => x >= left && x < left + width && y >= top && y < top + height };
}

function disc(centre, middle, radius, colour) {
  return { colour, has: (x, y) => Math.hypot(x - centre, y - middle) <= radius };
}

/** Its point is at the top. */
function triangle(point, top, base, height, colour) {
  return {
    colour,
    has: (x, y) => y >= top && y < top + height && Math.abs(x - point) <= ((y - top) / height) * (base / 2),
  };
}

function digit(value, left, top) {
  const size = 3;
  return {
    colour: BLACK,
    has(x, y) {
      const [column, row] = [Math.floor((x - left) / size), Math.floor((y - top) / size)];
      const dots = Number(DIGITS[value][row] ?? 0);
      return column >= 0 && column < 3 && (dots & (4 >> column)) > 0;
    },
  };
}

/** 8 bits a colour; the last shape that has a dot gives its colour. */
function png(shapes) {
  const lines = Array.from({ length: HEIGHT }, (_, y) => [
    0,
    ...Array.from({ length: WIDTH }, (_dot, x) => shapes.findLast(({ has }) => has(x, y)).colour).flat(),
  ]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(lines.flat()), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
