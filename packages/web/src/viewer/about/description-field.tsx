import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { descriptionUse } from './limits.ts';
import { useFieldState } from './use-edits.ts';

export function DescriptionField({ edit }: { readonly edit: FieldEdit<string> }) {
  const { own } = useFieldState(edit);
  return (
    <FieldFrame edit={edit} label="Description" hint={descriptionUse(own)}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          dir="auto"
          rows={2}
          value={own}
          onChange={({ target }) => edit.type(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void edit.save();
          }}
        />
      )}
    </FieldFrame>
  );
}
