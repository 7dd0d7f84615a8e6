import { explain } from '@safelight/client';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';

/** Takes it out of the view at once, and puts it back if the service refuses. */
export function useMoveToTrash(): (picture: Picture) => void {
  const library = useLibrary();
  const { client } = useSession();
  const failed = (error: unknown): void => showToast({ text: explain(error) });
  return (picture) => {
    library.remove(picture.image_id);
    const undo = async (): Promise<void> => {
      await client.images.restore(picture.image_id);
      library.put(picture);
    };
    client.images.trash(picture.image_id).then(
      () => showToast({ text: 'Moved to the trash.', action: { label: 'Undo', run: () => undo().catch(failed) } }),
      (error: unknown) => {
        library.put(picture);
        failed(error);
      },
    );
  };
}
