import { type Image, type Images, SafelightError } from '@safelight/client';
import { createFieldEdit, type FieldEdit, type Record } from './field-edit.ts';
import { DESCRIPTION, FOCAL_POINT, METADATA, TAGS, TAKEN, VISIBILITY } from './fields.ts';

/** What is edited of one image. */
export interface ImageEdits {
  readonly id: string;
  /** As the service described it last. */
  image(): Image;
  readonly tags: FieldEdit<ReturnType<typeof TAGS.formOf>>;
  readonly description: FieldEdit<string>;
  readonly taken: FieldEdit<ReturnType<typeof TAKEN.formOf>>;
  readonly focalPoint: FieldEdit<ReturnType<typeof FOCAL_POINT.formOf>>;
  readonly visibility: FieldEdit<Image['visibility']>;
  readonly metadata: FieldEdit<ReturnType<typeof METADATA.formOf>>;
  /** It was read again. */
  renew(image: Image): void;
}

interface EditsOptions {
  imagesOf(owner: string): Pick<Images, 'get' | 'update'>;
  onSaved(image: Image): void;
  /** Somebody has left a picture whose fields of these names can't be saved. */
  onUnsaved(image: Image, names: readonly string[]): void;
  /** Nor ever will be: the picture is gone. */
  onLost(image: Image, names: readonly string[]): void;
}

/** Edits of images. One that isn't saved stays until it is saved or discarded, also when its picture is left. */
export interface Edits {
  open(image: Image): ImageEdits;
  /** Saves what is typed, and says what can't be saved. */
  leave(id: string): Promise<void>;
  /** `id`: absent: of any image. */
  hasUnsaved(id?: string): boolean;
  subscribe(listener: () => void): () => void;
  /** Somebody has signed out: nothing of it is for whoever is next. */
  forget(): void;
}

/** Others may change the image as fast as we do. */
const MOST_ATTEMPTS = 5;

export function createEdits(options: EditsOptions): Edits {
  const opened = new Map<string, ImageEdits>();
  /** How often each is open: the same picture is opened again while what was typed before is still being saved. */
  const uses = new Map<string, number>();
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const unsavedOf = (one: ImageEdits): readonly FieldEdit<unknown>[] =>
    fieldsOf(one).filter((edit) => !['clean', 'saved'].includes(edit.snapshot().status));
  return {
    open(image) {
      const before = opened.get(image.image_id);
      before?.renew(image);
      const edits = before ?? createImageEdits(image, { ...options, changed });
      opened.set(image.image_id, edits);
      uses.set(image.image_id, (uses.get(image.image_id) ?? 0) + 1);
      return edits;
    },
    async leave(id) {
      const edits = opened.get(id);
      if (!edits) return;
      uses.set(id, (uses.get(id) ?? 1) - 1);
      await Promise.all(unsavedOf(edits).map((edit) => edit.save()));
      const left = unsavedOf(edits).map((edit) => ({ name: edit.field.name, state: edit.snapshot() }));
      const names = left.map(({ name }) => name);
      const isGone = left.some(({ state }) => state.status === 'failed' && isUnknown(state.error));
      if (isGone) options.onLost(edits.image(), names);
      else if (names.length > 0) options.onUnsaved(edits.image(), names);
      const isOpen = (uses.get(id) ?? 0) > 0;
      if (!isOpen && (isGone || names.length === 0) && opened.get(id) === edits) opened.delete(id);
      changed();
    },
    hasUnsaved: (id) =>
      [...opened.values()].some((one) => (id === undefined || one.id === id) && unsavedOf(one).length > 0),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    forget() {
      opened.clear();
      changed();
    },
  };
}

const fieldsOf = (edits: ImageEdits): readonly FieldEdit<unknown>[] => [
  edits.tags,
  edits.description,
  edits.taken,
  edits.focalPoint,
  edits.visibility,
  edits.metadata,
];

function createImageEdits(
  first: Image,
  { imagesOf, onSaved, changed }: EditsOptions & { readonly changed: () => void },
): ImageEdits {
  const { image_id: id, user_id: owner } = first;
  const images = imagesOf(owner); // whoever is shown later
  let image = first;
  /** One change at a time: each has the revision that the one before it made. */
  let last: Promise<unknown> = Promise.resolve();
  const renew = (found: Image): void => {
    if (found.revision < image.revision) return;
    image = found;
    for (const edit of fieldsOf(edits)) edit.renew();
  };
  const record: Record = {
    image: () => image,
    changed,
    update(changes, mayReplace) {
      const attempt = async (): Promise<boolean> => {
        for (let count = 1; mayReplace(image); count += 1)
          try {
            renew(await images.update(id, changes, { revision: image.revision }));
            onSaved(image);
            return true;
          } catch (error) {
            if (!isConflict(error) || count === MOST_ATTEMPTS) throw error;
            renew(await images.get(id));
          }
        return false;
      };
      const done = last.then(attempt, attempt);
      last = done.catch(() => undefined);
      return done;
    },
  };
  const edits: ImageEdits = {
    id,
    image: () => image,
    renew,
    tags: createFieldEdit(TAGS, record),
    description: createFieldEdit(DESCRIPTION, record),
    taken: createFieldEdit(TAKEN, record),
    focalPoint: createFieldEdit(FOCAL_POINT, record),
    visibility: createFieldEdit(VISIBILITY, record),
    metadata: createFieldEdit(METADATA, record),
  };
  return edits;
}

const isConflict = (error: unknown): boolean => error instanceof SafelightError && error.code === 'revision-conflict';
const isUnknown = (error: unknown): boolean => error instanceof SafelightError && error.code === 'image-not-found';
