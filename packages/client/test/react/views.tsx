/** The views that react.ci.test.ts opens, each by its name in the query. */
import { createClient, type Image } from '@safelight/client';
import { Picture, type UseImagesOptions, useAlbum, useImages, useUpload } from '@safelight/client/react';
import { type ReactNode, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const query = new URLSearchParams(location.search);
const client = createClient({ baseUrl: query.get('base') ?? '', token: query.get('token') ?? '', retries: 1 });

function Upload({ onUnmount }: { readonly onUnmount: 'cancel' | 'continue' }): ReactNode {
  const { upload, cancel, uploads, progress, error, image, isUploading } = useUpload(client, {
    onUnmount,
    tags: ['react'],
  });
  return (
    <section>
      <input type="file" multiple aria-label="Files" onChange={({ target }) => upload(target.files)} />
      <button type="button" onClick={cancel}>
        Cancel
      </button>
      <progress value={progress} />
      <ol>
        {uploads.map((one) => (
          <li key={one.id}>{`${one.name}: ${one.state}`}</li>
        ))}
      </ol>
      <p role="status">{isUploading ? 'uploading' : 'idle'}</p>
      <p role="alert">{error}</p>
      <output>{image?.filename}</output>
    </section>
  );
}

function List(options: UseImagesOptions): ReactNode {
  const { images, isLoading, error, hasMore, more, refresh } = useImages(client, { ...options, limit: 2 });
  return (
    <section>
      <ol>
        {images.map((image) => (
          <li key={image.image_id}>{image.filename}</li>
        ))}
      </ol>
      <button type="button" onClick={more}>
        More
      </button>
      <button type="button" onClick={refresh}>
        Refresh
      </button>
      <p role="status">{`${isLoading ? 'loading' : 'idle'}${hasMore ? ', more' : ''}`}</p>
      <p role="alert">{error}</p>
    </section>
  );
}

/** An album, whose buttons change its last image. */
function AlbumOf({ id }: { readonly id: string }): ReactNode {
  const { album, images, isLoading, error, hasMore, more, add, remove, move, rename } = useAlbum(client, id, {
    limit: 2,
  });
  const [taken, setTaken] = useState<readonly [id: string, place: string]>();
  const last = images.at(-1)?.image_id ?? '';
  const takeOut = async (): Promise<void> => {
    const place = (await remove([last]))?.results[0]?.place;
    if (place !== undefined) setTaken([last, place]);
  };
  const buttons: Readonly<Record<string, () => unknown>> = {
    More: more,
    Remove: takeOut,
    'Bring back': () => taken && add([taken[0]], [taken[1]]),
    'Move to the beginning': () => move([last], null),
    Rename: () => rename('<i>Porto</i>'),
    'Rename to nothing': () => rename(''),
    'Add a stranger': () => add(['01a1f82b-80d8-703c-9c86-1b8ba42038d1']),
  };
  return (
    <section>
      <h1>{album?.title}</h1>
      <ol>
        {images.map((image) => (
          <li key={image.image_id}>{image.filename}</li>
        ))}
      </ol>
      {Object.entries(buttons).map(([name, run]) => (
        <button key={name} type="button" onClick={run}>
          {name}
        </button>
      ))}
      <p role="status">{`${isLoading ? 'loading' : 'idle'}${hasMore ? ', more' : ''}`}</p>
      <p role="alert">{error}</p>
    </section>
  );
}

/** Shows the record as it is at the start, whatever happens to its URLs later. */
function Shown({ id }: { readonly id: string }): ReactNode {
  const [image, setImage] = useState<Image>();
  const [isShown, setIsShown] = useState(false);
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    void client.images.get(id).then(setImage);
  }, [id]);
  return (
    <section>
      <button type="button" disabled={!image} onClick={() => setIsShown(true)}>
        Show
      </button>
      {image && isShown && (
        <Picture
          client={client}
          image={image}
          preset="thumb"
          sizes="256px"
          onError={() => setFailures((count) => count + 1)}
        />
      )}
      <p role="status">{`${failures} failures`}</p>
    </section>
  );
}

function Views(): ReactNode {
  const [isMounted, setIsMounted] = useState(true);
  const [tag, setTag] = useState('first');
  const views: Readonly<Record<string, ReactNode>> = {
    upload: <Upload onUnmount="cancel" />,
    'upload-on': <Upload onUnmount="continue" />,
    list: <List tag={tag} />,
    captured: <List tag="captured" order="taken-newest" />,
    album: <AlbumOf id={query.get('id') ?? ''} />,
    picture: <Shown id={query.get('id') ?? ''} />,
  };
  return (
    <>
      {isMounted && views[query.get('view') ?? '']}
      <button type="button" onClick={() => setIsMounted(false)}>
        Unmount
      </button>
      <button type="button" onClick={() => setTag('second')}>
        Other tag
      </button>
    </>
  );
}

const root = document.createElement('main');
document.body.append(root);
createRoot(root).render(
  <StrictMode>
    <Views />
  </StrictMode>,
);
