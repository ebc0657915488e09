<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:entitlement.none:v1" xmlns="urn:renkei:medical_institution.no_entitlement:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:none">
    <XmlMsg>
      <MessageHeader>
        <ProcessExecutionTime><xsl:value-of select="translate(i:processed_at, '-:T', '')"/></ProcessExecutionTime>
        <QualificationConfirmationDate><xsl:value-of select="translate(i:confirmed_on, '-', '')"/></QualificationConfirmationDate>
        <MedicalInstitutionCode><xsl:value-of select="i:institution_code"/></MedicalInstitutionCode>
        <ArbitraryFileIdentifier><xsl:value-of select="i:file_identifier"/></ArbitraryFileIdentifier>
        <ReferenceClassification>1</ReferenceClassification>
        <SegmentOfResult>1</SegmentOfResult>
        <CharacterCodeIdentifier>0</CharacterCodeIdentifier>
      </MessageHeader>
      <MessageBody>
        <ProcessingResultStatus>1</ProcessingResultStatus>
        <QualificationValidity>4</QualificationValidity>
      </MessageBody>
    </XmlMsg>
  </xsl:template>
</xsl:stylesheet>
