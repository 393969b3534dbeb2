"""Reusable Textual widgets. They know nothing of Lambda.

The public surface, module by module (each module documents the details):

``palette``      ``palette(widget) -> Palette``: Rich styles for JSON, logs, diffs from the theme;
                 ``textual_theme(ThemeFile) -> textual.theme.Theme``.
``json_view``    ``JsonView(id=…)``: ``load(data: bytes | str)``, ``clear()``, ``search(text)``,
                 ``path -> str``, ``value -> str``, ``text -> str``, ``is_json``, ``fold_all()``,
                 ``unfold_all()``. Messages ``Loaded``,
                 ``CopyRequested(view, what: "value" | "path", text)``.
``log_view``     ``LogLine(time_ms, text, label="")``;
                 ``LogView(classify=None, max_lines=1_000_000, empty="…", id=…)``:
                 ``append(lines)``, ``clear()``, ``search(text)``, ``follow``, ``wrap``,
                 ``show_times`` (bool attributes), ``line_count``, ``lines()``.
                 Messages ``FollowChanged(following)``, ``Waiting(count)``,
                 ``LineSelected(lines)``.
``fuzzy_list``   ``Row(id, columns, search=None)``, ``Column(title="", width=None)``;
                 ``FuzzyList(columns=1, always_filter=False, empty="…", no_match="…", id=…)``:
                 ``set_rows(rows)``, ``update_row(row)``, ``rows``, ``highlighted -> str | None``,
                 ``highlight(id)``, ``filter_text``. Messages ``Selected(row_id)``,
                 ``Highlighted(row_id | None)``, ``Filtered``.
``json_editor``  ``JsonEditor(text="", id=…)``, a ``TextArea``: ``fault -> Fault | None``,
                 ``format()``, ``go_to_fault()``.
                 Message ``ValidityChanged(fault)``.
``diff_view``    ``DiffView(id=…)``: ``compare(old, new, old_label=…, new_label=…)``, ``clear()``,
                 ``search(text)``, ``summary``. Message ``Compared``.
``form``         ``Field(name, label, kind="text", default="", help="", choices=(), required=True,
                 check=None)``, ``FormDialog(title, fields, submit="OK")`` ->
                 ``dict[str, object] | None``.
``dialogs``      ``Confirm(title, body, action, danger=False)`` -> bool,
                 ``Choose(title, rows, columns=1, preview=None, …)`` -> ``str | None``,
                 ``Message(title, body, severity="info")`` -> None.
``pane``         ``Pane(*children, number=None, title="", subtitle="", id=…)``: reactive ``title``,
                 ``subtitle``, ``zoomed``; ``show_empty(text)`` / ``hide_empty()``.
``status_bar``   ``KeyFooter(id=…)``: ``set_keys([(key, label), …])`` (at most 7);
                 ``StatusLine(id=…)``: ``context`` (text on the left),
                 ``say(text, severity="info", seconds=5)``.

``textual_theme`` themes are registered by the app; without one of ours in force the palette falls
back to Textual's colours. Every binding has an id (``json.fold``, ``logs.follow``, ``list.filter``,
``editor.format``, ``diff.next``, ``rows.down`` …).

``focus()`` on any of these reaches the part that takes keys. Parts of the above: ``line_view``
(rows and cursor), ``log_store`` and ``log_text``, ``editor_lines``, ``search_bar``, ``recall``,
``fuzzy_rows``, ``strips``.
Helpers without Textual: ``json_text`` (layout, formatting), ``layout_process`` (the same elsewhere,
for large texts), ``json_fault`` (what is wrong, in words), ``json_document``, ``line_diff``,
``safe_text``, ``fuzzy``.
"""
