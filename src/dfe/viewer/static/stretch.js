"use strict";

/** A chosen stretch of time: its counts, rates and shares, as CSV too, and what can be made of it. */
class StretchPanel {
  constructor(panel, viewer) {
    Object.assign(this, { panel, viewer, asked: 0 });
    this.show();
  }

  async show() {
    const { time } = this.viewer;
    const { chosen } = time;
    if (!chosen) {
      this.panel.replaceChildren(
        make("p", { className: "note", textContent:
          "Hold Shift and drag over a chart, or press [ and ] while the film runs, to choose a stretch. Its counts, rates and shares are those of dfe events." }),
        button("Choose what is shown", () => time.choose(time.from, time.to)),
      );
      return;
    }
    const mine = ++this.asked;
    const [from, to] = [chosen.from / 1000, chosen.to / 1000];
    const head = make("h2", { textContent: `${from.toFixed(2)} to ${to.toFixed(2)} s` });
    const result = make("div", { id: "stretch-result" });
    this.panel.replaceChildren(head, this.actions(from, to), result);
    try {
      const sent = { face: this.viewer.course.id, start_s: from, end_s: to };
      const told = await (await ask(`${this.viewer.url}/chosen`, sent)).json();
      if (mine === this.asked) this.fill(result, told, from, to);
    } catch (error) {
      if (mine === this.asked) result.replaceChildren(make("p", { className: "warnings", textContent: error.message }));
    }
  }

  actions(from, to) {
    return make("div", { className: "together" },
      button("Show", () => this.viewer.time.show(from * 1000, (to - from) * 1000)),
      button("None", () => this.viewer.time.choose()),
      button("Window …", () => this.viewer.openTab("windows")),
      button("Role …", () => this.viewer.openTab("people")));
  }

  fill(result, { exposure_s: exposure, rows }, from, to) {
    const said = `Face ${this.viewer.course.id} usable for ${exposure.toFixed(2)} s of ${(to - from).toFixed(2)} s.`;
    const cells = rows.map((row) => [
      row.unit === "display" ? `${row.token} ${row.label}` : row.label,
      String(row.count),
      row.per_min === null ? "–" : row.per_min.toFixed(1),
      percentText(row.share),
      row.mean_duration_s === null ? "–" : row.mean_duration_s.toFixed(2),
    ]);
    const note = "Events with their apex in the stretch; the share is of the usable time; seconds are the mean of events seen whole.";
    result.replaceChildren(
      make("p", { textContent: said }),
      rows.length ? table(["What", "Events", "A minute", "Share", "Lasts, s"], cells, [1, 2, 3, 4]) : make("p", { textContent: "Nothing is shown in it." }),
      make("p", { className: "note", textContent: note }),
      button("Download CSV", () => this.download(rows, exposure, from, to), { id: "stretch-csv" }),
    );
  }

  download(rows, exposure, from, to) {
    const head = "recording,face,start_s,end_s,exposure_s,token,unit,label,count,per_min,share,mean_duration_s,mean_intensity,measure";
    const { data, course } = this.viewer;
    const lines = rows.map((row) => [
      csvField(data.name), course.id, from.toFixed(4), to.toFixed(4), exposure.toFixed(4), csvField(row.token), row.unit,
      csvField(row.label), row.count, row.per_min ?? "", row.share ?? "", row.mean_duration_s ?? "", row.mean_intensity ?? "",
      csvField(row.measure),
    ].join(","));
    saveText(`${data.name.split("/").pop()}.stretch.csv`, [head, ...lines].join("\r\n") + "\r\n");
  }
}
