import { explain, type Image } from '@safelight/client';
import { useSession } from '../../session/session.tsx';
import { numberText } from '../../ui/formats.ts';
import { ask } from '../../ui/question.tsx';
import { showToast } from '../../ui/toast.tsx';
import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { useFieldState } from './use-edits.ts';

type Visibility = Image['visibility'];

interface VisibilityFieldProps {
  readonly edit: FieldEdit<Visibility>;
  readonly image: Image;
}

/** Asks first: a change ends every link and signed address of the picture, and nothing brings them back. */
export function VisibilityField({ edit, image }: VisibilityFieldProps) {
  const { own } = useFieldState(edit);
  const { clientOf } = useSession();
  const change = async (next: Visibility): Promise<void> => {
    try {
      const { length } = await clientOf(image.user_id).images.links(image.image_id);
      const question = {
        title: next === 'public' ? 'Make it public?' : 'Make it private?',
        text: `${MEANS[next]} ${endsText(length)}`,
        action: next === 'public' ? 'Make public' : 'Make private',
      };
      if (!(await ask(question))) return;
      edit.type(next);
      await edit.save();
    } catch (error) {
      showToast({ text: explain(error) });
    }
  };
  return (
    <FieldFrame edit={edit} label="Visibility">
      {({ id, describedBy }) => (
        <select
          id={id}
          aria-describedby={describedBy}
          value={own}
          onChange={({ target }) => void change(target.value === 'public' ? 'public' : 'private')}
        >
          <option value="private">Private</option>
          <option value="public">Public</option>
        </select>
      )}
    </FieldFrame>
  );
}

const MEANS: Readonly<Record<Visibility, string>> = {
  public: 'Anyone may then see its sizes, without a link.',
  private: 'Pages that show it without a credential lose it.',
};

const endsText = (links: number): string => {
  const addresses = 'signed addresses in pages end now, for good.';
  if (links === 0) return `Its ${addresses}`;
  return `${links === 1 ? 'Its link' : `Its ${numberText(links)} links`} and its ${addresses}`;
};
