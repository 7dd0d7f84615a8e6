import { Find } from './find/find.tsx';
import style from './foot.module.css';
import { useSession } from './session/session.tsx';
import { UploadButton } from './uploads/upload-button.tsx';
import { useViews, ViewLink } from './views.tsx';

/** On a phone: the views, upload and the field that finds, where a thumb reaches them. */
export function Foot() {
  const { mayUpload } = useSession();
  const [first, ...others] = useViews();
  return (
    <nav className={style['foot']} aria-label="Views" data-foot>
      {first && <ViewLink {...first} />}
      {mayUpload && <UploadButton />}
      {others.map((view) => (
        <ViewLink key={view.label} {...view} />
      ))}
      <Find />
    </nav>
  );
}
