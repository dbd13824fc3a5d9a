from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.artifact_kind import ArtifactKind

T = TypeVar("T", bound="Artifact")


@_attrs_define
class Artifact:
    """Something that a run keeps of a response.

    Attributes:
        blob_key (str): The name that `to_blob` gives it: `<directory>/<key>/data`, or, of an asset,
            `<directory>/<key>/assets/<type>/<hash>`. The key is that of the URL, or, of an asset, of
            the first page that needs it. The type is that of the content type, such as `image`, or
            `unknown`. The hash is the asset's `url_hash`.
        content_id (str): The content as it is stored. Artifacts of a run with the same `content_id` share it.
        content_type (None | str): The Content-Type of the response, or that of what the extractor made. Null if the
            response had none.
        created_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        digest (None | str): The SHA-256 of the content. Null if it is unknown.
        id (str): The id of an artifact, which never changes: the id of its run and three numbers, separated
            by points. Responses use lower case.
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        kind (ArtifactKind): What an artifact is made of.

            - `raw`: The response.
            - `parsed`: What an extractor made of the response.
            - `asset`: The response of a resource of the page, which the navigator `assets` or an
              `asset_resolver` found.
        pipeline_id (str): The pipeline that keeps it.
        revisit (bool): Whether the content was stored for an earlier artifact of the run.
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        size (int): The bytes of the content, decompressed.
        truncated (bool): Whether the content is the beginning of a longer one, which exceeds `max_body_bytes`.
        url (str): The URL that was fetched, normalised.
        url_hash (str): The first half of the SHA-256 of the URL, in hexadecimal digits.
    """

    blob_key: str
    content_id: str
    content_type: None | str
    created_at: datetime.datetime
    digest: None | str
    id: str
    job_id: UUID
    kind: ArtifactKind
    pipeline_id: str
    revisit: bool
    run_id: UUID
    size: int
    truncated: bool
    url: str
    url_hash: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        blob_key = self.blob_key

        content_id = self.content_id

        content_type: None | str
        content_type = self.content_type

        created_at = self.created_at.isoformat()

        digest: None | str
        digest = self.digest

        id = self.id

        job_id = str(self.job_id)

        kind = self.kind.value

        pipeline_id = self.pipeline_id

        revisit = self.revisit

        run_id = str(self.run_id)

        size = self.size

        truncated = self.truncated

        url = self.url

        url_hash = self.url_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "blob_key": blob_key,
                "content_id": content_id,
                "content_type": content_type,
                "created_at": created_at,
                "digest": digest,
                "id": id,
                "job_id": job_id,
                "kind": kind,
                "pipeline_id": pipeline_id,
                "revisit": revisit,
                "run_id": run_id,
                "size": size,
                "truncated": truncated,
                "url": url,
                "url_hash": url_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        blob_key = d.pop("blob_key")

        content_id = d.pop("content_id")

        def _parse_content_type(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        content_type = _parse_content_type(d.pop("content_type"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        digest = _parse_digest(d.pop("digest"))

        id = d.pop("id")

        job_id = UUID(d.pop("job_id"))

        kind = ArtifactKind(d.pop("kind"))

        pipeline_id = d.pop("pipeline_id")

        revisit = d.pop("revisit")

        run_id = UUID(d.pop("run_id"))

        size = d.pop("size")

        truncated = d.pop("truncated")

        url = d.pop("url")

        url_hash = d.pop("url_hash")

        artifact = cls(
            blob_key=blob_key,
            content_id=content_id,
            content_type=content_type,
            created_at=created_at,
            digest=digest,
            id=id,
            job_id=job_id,
            kind=kind,
            pipeline_id=pipeline_id,
            revisit=revisit,
            run_id=run_id,
            size=size,
            truncated=truncated,
            url=url,
            url_hash=url_hash,
        )

        artifact.additional_properties = d
        return artifact

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
