"use strict";

/** Whose face is whose: joining and cutting faces, and roles. */
class PeoplePanel {
  constructor(panel, viewer) {
    Object.assign(this, { panel, viewer });
  }

  show(labels) {
    const { data, course } = this.viewer;
    const faces = data.faces.map((face) => [
      button(`face ${face.id}`, () => this.viewer.showFace(face.id), { className: "plain" }), face.where, percentText(face.share), percentText(face.usable),
    ]);
    refill(this.panel, course.id,
      make("h2", { textContent: "Faces" }),
      faces.length ? table(["", "Where", "Seen", "Usable"], faces, [2, 3]) : make("p", { className: "note", textContent: "No face lasts in this recording." }),
      ...(course.id === null ? [] : this.changes()),
      make("h3", { textContent: "Roles" }),
      ...this.roles(labels),
    );
  }

  changes() {
    const { data, course } = this.viewer;
    const others = data.faces.filter((face) => face.id !== course.id);
    const into = make("select", { id: "join-into", ariaLabel: "Face that it is part of" }, ...others.map((face) => new Option(`face ${face.id}`, face.id)));
    const join = button(`Join face ${course.id} to`, () =>
      this.viewer.change({ what: "join faces", face: course.id, into: Number(into.value) }), { id: "join" });
    const split = button(`Face ${course.id} is another person from here on`, () =>
      this.viewer.change({ what: "split face", face: course.id, at_s: this.viewer.frameTime() / 1000 }), { id: "split" });
    return [
      ...(others.length ? [make("div", { className: "together" }, join, into)] : []),
      make("div", { className: "together" }, split),
      make("p", { className: "note", textContent: "These rewrite the recording's own table, which then says so; Undo takes them back while the viewer runs." }),
    ];
  }

  roles(labels) {
    const { course } = this.viewer;
    const rows = labels.roles.map((row) => [
      `face ${row.face_id}`, row.subject, row.role, `${row.start || "start"} to ${row.end || "end"}`,
      button("×", () => this.viewer.change({ what: "not role", row }), { ariaLabel: `Remove the role of ${row.subject}` }),
    ]);
    const subject = make("input", { type: "text", id: "role-subject", placeholder: "subject", ariaLabel: "Subject" });
    const role = make("input", { type: "text", id: "role-role", placeholder: "role, if it matters", ariaLabel: "Role" });
    const form = make("form", { id: "role-form" }, subject, role, make("button", { textContent: `Face ${course.id} is theirs` }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { chosen } = this.viewer.time;
      this.viewer.change({
        what: "role", face: course.id, subject: subject.value, role: role.value,
        start_s: chosen ? chosen.from / 1000 : null, end_s: chosen ? chosen.to / 1000 : null,
      }, form);
    });
    return [
      ...(rows.length ? [table(["Face", "Subject", "Role", "When, s", ""], rows)] : []),
      ...(course.id === null ? [] : [form]),
      make("p", { className: "note", textContent: "Of the chosen stretch, or of the whole recording where none is chosen." }),
      make("p", { className: "file", textContent: `Kept in ${labels.files.roles}; commands read it with --roles.` }),
    ];
  }
}

/** Windows of the recording with their conditions, and the stretch in which the person is at rest. */
class WindowsPanel {
  constructor(panel, viewer) {
    Object.assign(this, { panel, viewer });
  }

  show(labels) {
    const { time, data } = this.viewer;
    const rows = labels.windows.map((row) => [
      button(`${row.start_s} to ${row.end_s}`, () => time.choose(1000 * row.start_s, 1000 * row.end_s), { className: "plain" }),
      row.condition, row.face_id ? `face ${row.face_id}` : "all",
      button("×", () => this.viewer.change({ what: "not window", row }), { ariaLabel: `Remove the window ${row.condition}` }),
    ]);
    const condition = make("input", { type: "text", id: "window-condition", placeholder: "condition", ariaLabel: "Condition" });
    const form = make("form", { id: "window-form" }, condition, make("button", { textContent: "Keep the stretch as a window" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.keep(condition.value, form);
    });
    const neutral = labels.windows.filter((row) => row.condition === "neutral").at(-1);
    const again = neutral && `dfe encode ${quoted(data.source)} -o OUT --neutral ${Number(neutral.start_s).toFixed(2)}-${Number(neutral.end_s).toFixed(2)}`;
    refill(this.panel, data.name,
      make("h2", { textContent: "Windows" }),
      ...(rows.length ? [table(["From, to, s", "Condition", "Face", ""], rows)] : []),
      make("p", { className: "note", textContent: time.chosen ? "" : "Choose a stretch first: Shift and drag over a chart." }),
      form,
      make("h3", { textContent: "At rest" }),
      make("p", { className: "note", textContent: "Where does the face do nothing? The stretch is kept with the condition neutral." }),
      button("The face is at rest in this stretch", () => this.keep("neutral"), { id: "neutral" }),
      ...(again ? [make("p", { className: "note", textContent: "To measure everything against it, encode again:" }), make("p", { className: "file" }, make("code", { textContent: again }))] : []),
      make("p", { className: "file", textContent: `Kept in ${labels.files.windows}; dfe compare reads it with --windows.` }),
    );
  }

  keep(condition, form) {
    const { chosen } = this.viewer.time;
    if (!chosen) return this.viewer.complain("Choose a stretch first: hold Shift and drag over a chart.");
    return this.viewer.change({ what: "window", start_s: chosen.from / 1000, end_s: chosen.to / 1000, condition }, form);
  }
}

/** A file's name as a shell takes it. */
function quoted(name) {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
