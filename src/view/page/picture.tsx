/** Pictures of a dataset. None is loaded from elsewhere: an address in a row stays a text. */
import { createContext, type VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { Picture } from '../../dataset/pictures.js';
import { isContextPath } from '../query/context-path.js';
import { dataset, pictureUrl } from './state.js';
import { Prose, Text } from './text.js';
import { visible } from './visible.js';

/** The number of the dataset that a value is of, where it is not the open one. */
export const OfDataset = createContext<number | undefined>(undefined);

/** The pictures of a cell, whole, and its other texts between them. */
export function Pictures({
  pictures,
  label,
}: {
  readonly pictures: readonly Picture[];
  readonly label: string;
}): VNode {
  const name = label.replaceAll('_', ' ');
  return (
    <div class="pictures">
      {pictures.map((picture, index) => {
        const alt = pictures.length === 1 ? name : `${name}, ${index + 1} of ${pictures.length}`;
        if ('text' in picture) return <Prose text={picture.text} />;
        if ('path' in picture) return <PictureFile key={picture.path} path={picture.path} alt={alt} />;
        return <img src={picture.data} alt={visible(alt)} loading="lazy" decoding="async" />;
      })}
    </div>
  );
}

/** A picture that is a file of the dataset; its path where it cannot be shown. */
export function PictureFile({ path, alt }: { readonly path: string; readonly alt: string }): VNode {
  const of = useContext(OfDataset) ?? dataset.value;
  const [isLost, setLost] = useState(false);
  if (isLost)
    return (
      <span class="none">{isContextPath(path) ? 'a picture' : <Text text={path} />} cannot be shown</span>
    );
  return (
    <img
      src={pictureUrl(of, path)}
      alt={visible(alt)}
      loading="lazy"
      decoding="async"
      onError={() => setLost(true)}
    />
  );
}
