import { placeholderUrl } from '@safelight/client';
import { go, hrefOf } from '../address.ts';
import { FirstRun } from '../first-run/first-run.tsx';
import { useLibrary, useSnapshot } from '../library/library-context.tsx';

/** The grid of all pictures. */
export function PhotosView() {
  const library = useLibrary();
  const { pictures, isEmpty } = useSnapshot(library);
  if (isEmpty) return <FirstRun />;
  return (
    <div>
      {pictures.map((picture) => (
        <a
          key={picture.image_id}
          href={hrefOf({ view: 'photos', image: picture.image_id })}
          data-image={picture.image_id}
          aria-label={picture.description ?? picture.filename}
          onClick={(event) => {
            event.preventDefault();
            go({ image: picture.image_id });
          }}
        >
          <img src={Object.values(picture.renditions ?? {})[0] ?? placeholderUrl(picture)} alt="" height={200} />
        </a>
      ))}
    </div>
  );
}
