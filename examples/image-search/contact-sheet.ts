import { type Picture, side } from './pictures.ts';
import type { Answer } from './search.ts';

/** A page with a row for each answer: the picture asked about, and what was found; what is of another class stands in a red frame. */
export function contactSheet(answers: readonly Answer[], pictures: readonly Picture[]): string {
  const rows = answers.map(({ asked, found, guess }) => {
    const matches = found.map(({ id, distance, payload: { className } }) => {
      const right = className === asked.className;
      const picture = pictures[Number(id)];
      return picture === undefined
        ? ''
        : figure(picture, `${className}, ${distance.toFixed(0)}`, right ? 'right' : 'wrong');
    });
    const verdict = guess === asked.className ? 'asked' : 'asked failed';
    return `<tr><th scope="row">${figure(asked, asked.className, verdict)}</th><td>${matches.join('')}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Pictures that look alike</title>
<style>
  body { font: 13px system-ui, sans-serif; margin: 2rem; background: Canvas; color: CanvasText; color-scheme: light dark; }
  td, th { padding: 0.25rem 0.5rem; font-weight: normal; vertical-align: top; }
  th { border-right: 1px solid; }
  figure { display: inline-block; margin: 0 0.25rem; text-align: center; width: 6.5rem; }
  img { width: 56px; height: 56px; image-rendering: pixelated; border: 3px solid transparent; }
  .wrong img { border-color: #d33; }
  .failed figcaption { text-decoration: line-through #d33 2px; }
</style>
<h1>Pictures that look alike</h1>
<p>Left what was asked about, right the nearest by pixels, with their class and distance. Red frame: another class. Struck through: the majority is wrong.</p>
<table>
${rows.join('\n')}
</table>
</html>
`;
}

function figure({ pixels }: Picture, caption: string, kind: string): string {
  return `<figure class="${kind}"><img src="${bitmap(pixels)}" alt=""><figcaption>${caption}</figcaption></figure>`;
}

const headerBytes = 54;
const paletteBytes = 4 * 256;

/** A picture as a data URL: a bitmap of 8 bits with a palette of greys, dark on light, the last row first. */
function bitmap(pixels: Uint8Array): string {
  const file = Buffer.alloc(headerBytes + paletteBytes + side * side);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(headerBytes + paletteBytes, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(side, 18);
  file.writeInt32LE(side, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(8, 28);
  for (let grey = 0; grey < 256; grey += 1) file.fill(255 - grey, headerBytes + 4 * grey, headerBytes + 4 * grey + 3);
  for (let row = 0; row < side; row += 1)
    file.set(pixels.subarray(row * side, (row + 1) * side), headerBytes + paletteBytes + (side - 1 - row) * side);
  return `data:image/bmp;base64,${file.toString('base64')}`;
}
