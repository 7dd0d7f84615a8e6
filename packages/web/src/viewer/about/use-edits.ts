import type { Image } from '@safelight/client';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useLibrary } from '../../library/source.tsx';
import { go, withImage } from '../../routes.ts';
import { type Session, useSession } from '../../session/session.tsx';
import { showToast } from '../../ui/toast.tsx';
import { createEdits, type Edits, type ImageEdits } from './edits.ts';
import type { FieldEdit, FieldState } from './field-edit.ts';

interface Keeping {
  readonly edits: Edits;
  /** Those of whoever is shown now. */
  clientOf: Session['clientOf'];
  /** The library that is shown now hears of what is saved. */
  onSaved: (image: Image) => void;
  /** The viewer shows what isn't saved of its picture. */
  onShow: () => void;
}

/** By what a sign-in makes once: unsaved edits outlive the viewer, and nobody else who signs in sees them. */
const ofSignIns = new WeakMap<object, Keeping>();

/**
 * The edits of this sign-in. `onShow` is called when somebody wants to see what isn't saved of the picture of the
 * address.
 */
export function useEdits(onShow: () => void): Edits {
  const { waits, clientOf, beforeSignOut } = useSession();
  const library = useLibrary();
  const keeping = useMemo(() => {
    const before = ofSignIns.get(waits);
    if (before) return before;
    const made: Keeping = {
      edits: createEdits({
        imagesOf: (owner) => made.clientOf(owner).images,
        onSaved: (image) => made.onSaved(image),
        onUnsaved: (image, names) =>
          showToast({
            text: `Not saved yet: ${textOf(image, names)}`,
            action: { label: 'Show', run: () => show(image) },
          }),
        onLost: (image, names) => showToast({ text: `Not saved, because it is gone: ${textOf(image, names)}` }),
      }),
      clientOf,
      onSaved: () => undefined,
      onShow: () => undefined,
    };
    const show = ({ image_id }: Image): void => {
      go(withImage(image_id));
      made.onShow();
    };
    warnBeforeLeaving(made.edits);
    beforeSignOut({
      unfinished: () => (made.edits.hasUnsaved() ? 1 : 0),
      words: "Changes of pictures aren't saved.",
      forget: async () => made.edits.forget(),
      hide: () => made.edits.forget(),
    });
    ofSignIns.set(waits, made);
    return made;
  }, [waits, clientOf, beforeSignOut]);
  keeping.clientOf = clientOf; // before a picture is opened below
  useEffect(() => {
    // By one's own edit a picture that the query no longer has leaves at once; by others' its place stays.
    keeping.onSaved = (image) => library.putAll([image]);
    keeping.onShow = onShow;
  }, [keeping, library, onShow]);
  return keeping.edits;
}

/** "the tags and the description of sea.jpg". */
const textOf = ({ filename }: Image, names: readonly string[]): string =>
  `${new Intl.ListFormat('en').format(names)} of \u2068${filename}\u2069`;

/** The browser asks before the page is left with what isn't saved. */
function warnBeforeLeaving(edits: Edits): void {
  const warn = (event: Event): void => event.preventDefault();
  edits.subscribe(() => {
    if (edits.hasUnsaved()) addEventListener('beforeunload', warn);
    else removeEventListener('beforeunload', warn);
  });
}

/** The edits of the image, which are saved when another one is shown, or none; and the image as it is now. */
export function useImageEdits(edits: Edits, image: Image): { readonly edits: ImageEdits; readonly image: Image } {
  const { image_id: id } = image;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state of the same image renews its edits below.
  const opened = useMemo(() => edits.open(image), [edits, id]);
  useEffect(() => opened.renew(image), [opened, image]);
  useEffect(() => () => void edits.leave(id), [edits, id]);
  return { edits: opened, image: useSyncExternalStore(edits.subscribe, opened.image) };
}

export const useFieldState = <Form>({ subscribe, snapshot }: FieldEdit<Form>): FieldState<Form> =>
  useSyncExternalStore(subscribe, snapshot);
