import { createClient } from '@safelight/client';
import { Picture, useUpload } from '@safelight/client/react';
import { createRoot } from 'react-dom/client';

const client = createClient({ userId: 'me', baseUrl: import.meta.env['VITE_SAFELIGHT_URL'] });

function Avatar() {
  const { upload, image, progress, error, isUploading } = useUpload(client, { tags: ['avatar'] });
  return (
    <label>
      {image && <Picture client={client} image={image} preset="thumb" sizes="160px" />}
      <input type="file" accept="image/jpeg,image/png" title="Photo" onChange={({ target }) => upload(target.files)} />
      {isUploading ? <progress value={progress} /> : <p role="alert">{error}</p>}
    </label>
  );
}

createRoot(document.body).render(<Avatar />);
