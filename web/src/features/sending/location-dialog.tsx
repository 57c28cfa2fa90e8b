import { LocateFixed, MapPin } from "lucide-react";
import { useState } from "react";
import type { LocationBody } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { placeIn } from "./place";

interface LocationProps {
  onSend: (location: LocationBody) => void;
  onClose: () => void;
}

const LOCATE_LIMIT_MS = 15_000;

export default function LocationDialog({ onSend, onClose }: LocationProps) {
  const [where, setWhere] = useState("");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const [locating, setLocating] = useState(false);
  const [denied, setDenied] = useState(false);
  const place = placeIn(where);
  const locate = () => {
    setLocating(true);
    setDenied(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setLocating(false);
        setWhere(`${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`);
      },
      () => {
        setLocating(false);
        setDenied(true);
      },
      { enableHighAccuracy: true, timeout: LOCATE_LIMIT_MS },
    );
  };
  return (
    <Dialog title={t("location.title")} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!place) return;
          onSend({ ...place, ...(name.trim() === "" ? {} : { name: name.trim() }), ...(address.trim() === "" ? {} : { address: address.trim() }) });
        }}
      >
        <TextField
          label={t("location.where")}
          hint={t("location.whereHint")}
          error={where.trim() !== "" && !place ? t("location.notFound") : null}
          dir="ltr"
          required
          value={where}
          onChange={(event) => setWhere(event.target.value)}
        />
        <Button small icon={<LocateFixed className="size-4" />} busy={locating} onClick={locate}>
          {t("location.here")}
        </Button>
        {denied && (
          <p role="alert" className="text-sm text-danger">
            {t("location.denied")}
          </p>
        )}
        {place && (
          <p className="flex items-center gap-2 rounded-xl bg-hover px-3 py-2 text-sm" dir="ltr">
            <MapPin className="size-4 text-accent-ink" />
            {place.latitude.toFixed(5)}, {place.longitude.toFixed(5)}
          </p>
        )}
        <TextField label={t("location.name")} maxLength={1000} value={name} onChange={(event) => setName(event.target.value)} />
        <TextField label={t("location.address")} maxLength={1000} value={address} onChange={(event) => setAddress(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" disabled={!place}>
            {t("composer.send")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
